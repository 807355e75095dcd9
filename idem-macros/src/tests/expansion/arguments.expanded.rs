pub(crate) async fn charge(&self, times: u64, order: Order) -> Result<Receipt, Error> {
    use renamed::facade::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
            __idempotent_private::Name::given("payments/charge"),
            __idempotent_private::Expression::Tuple(const {
                &[
                    __idempotent_private::Expression::Path(
                        __idempotent_private::Path::streamed(
                            "$.account",
                            &[__idempotent_private::Segment::Name("account")],
                        ),
                    ),
                    __idempotent_private::Expression::Path(
                        __idempotent_private::Path::streamed(
                            "$.lines[0].sku",
                            &[
                                __idempotent_private::Segment::Name("lines"),
                                __idempotent_private::Segment::Index(0u64),
                                __idempotent_private::Segment::Name("sku"),
                            ],
                        ),
                    ),
                    __idempotent_private::Expression::Path(
                        __idempotent_private::Path::general("$..cents"),
                    ),
                ]
            }),
            ::core::option::Option::None,
            5400000u64,
            30000u64,
        )
        .codec(&(crate::SEALED));
    let mut __idempotent_call = __idempotent_private::call_on(
        &__IDEMPOTENT_SITE,
        &(self.idempotency),
        &order,
        &[],
    );
    let __idempotent_execution: Execution = __idempotent_private::execution(
        &mut __idempotent_call,
    );
    __idempotent_private::guarded::<
        _,
        _,
        __idempotent_private::Forgotten,
    >(
            __idempotent_call,
            ::core::pin::pin!(
                async move { let execution = __idempotent_execution; if let
                ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < Receipt, Error > > ::None { return
                __idempotent_output; } { self.gateway.charge(order, times, execution).
                await } }
            ),
            Receipt::refresh,
        )
        .await
}
