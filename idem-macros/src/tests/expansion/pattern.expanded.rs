/// Charges.
#[tracing::instrument(skip_all)]
async fn charge(__idempotent_event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    #![allow(clippy::too_many_lines)]
    use ::idem_lambda::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
        __idempotent_private::Name::derived(
            ::core::concat!(::core::module_path!(), "::charge"),
            &|| {},
        ),
        __idempotent_private::Expression::Path(
            __idempotent_private::Path::streamed(
                "$['order-id']",
                &[__idempotent_private::Segment::Name("order-id")],
            ),
        ),
        ::core::option::Option::None,
        604800000u64,
        0u64,
    );
    let __idempotent_call = __idempotent_private::call(
        &__IDEMPOTENT_SITE,
        &__idempotent_event,
        &[],
    );
    __idempotent_private::run(
            __idempotent_call,
            ::core::pin::pin!(
                async move { #[allow(unused)] let LambdaEvent { payload, .. } =
                __idempotent_event; if let
                ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < Receipt, Error > > ::None { return
                __idempotent_output; } { gateway::charge(payload). await } }
            ),
        )
        .await
}
async fn ignore(_event: Order) -> Result<(), Error> {
    use ::idem_lambda::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
        __idempotent_private::Name::derived(
            ::core::concat!(::core::module_path!(), "::ignore"),
            &|| {},
        ),
        __idempotent_private::Expression::Path(
            __idempotent_private::Path::streamed("$", &[]),
        ),
        ::core::option::Option::None,
        604800000u64,
        0u64,
    );
    #[allow(clippy::used_underscore_binding)]
    let __idempotent_call = __idempotent_private::call(&__IDEMPOTENT_SITE, &_event, &[]);
    __idempotent_private::run(
            __idempotent_call,
            ::core::pin::pin!(
                async move { if let ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < (), Error > > ::None { return
                __idempotent_output; } { Ok(()) } }
            ),
        )
        .await
}
