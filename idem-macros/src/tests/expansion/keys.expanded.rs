async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    use ::idem_lambda::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
        __idempotent_private::Name::given("charge"),
        __idempotent_private::Expression::Tuple(const {
            &[
                __idempotent_private::Expression::Json(
                    const {
                        &__idempotent_private::Expression::Base64(const {
                            &__idempotent_private::Expression::Path(
                                __idempotent_private::Path::streamed(
                                    "$.body",
                                    &[__idempotent_private::Segment::Name("body")],
                                ),
                            )
                        })
                    },
                    __idempotent_private::Path::general("$..id"),
                ),
                __idempotent_private::Expression::Header("X-Order"),
                __idempotent_private::Expression::RequestId,
                __idempotent_private::Expression::Value(0usize),
            ]
        }),
        ::core::option::Option::Some(__idempotent_private::Expression::Value(1usize)),
        3600000u64,
        0u64,
    );
    let __idempotent_call = __idempotent_private::call(
        &__IDEMPOTENT_SITE,
        &event,
        &[
            &(|| {
                let LambdaEvent { payload, .. } = &event;
                payload.id()
            })() as &dyn __idempotent_private::Value,
            &(|| {
                let event = &event;
                event.payload.lines.len()
            })() as &dyn __idempotent_private::Value,
        ],
    );
    __idempotent_private::run(
            __idempotent_call,
            ::core::pin::pin!(
                async move { if let ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < Receipt, Error > > ::None { return
                __idempotent_output; } { gateway::charge(event.payload). await } }
            ),
        )
        .await
}
