async fn charge<'a, T: Serialize>(event: &'a T) -> Result<Vec<impl Serialize>, Error>
where
    T: Sync,
{
    use ::idem_lambda::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
        __idempotent_private::Name::derived(
            ::core::concat!(::core::module_path!(), "::charge"),
            &|| {},
        ),
        __idempotent_private::Expression::Path(
            __idempotent_private::Path::streamed(
                "$.id",
                &[__idempotent_private::Segment::Name("id")],
            ),
        ),
        ::core::option::Option::None,
        3600000u64,
        0u64,
    );
    let __idempotent_call = __idempotent_private::call(&__IDEMPOTENT_SITE, &event, &[]);
    __idempotent_private::run(
            __idempotent_call,
            ::core::pin::pin!(
                async move { if let ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < Vec < _ >, Error > > ::None { return
                __idempotent_output; } { Ok(vec![event.len()]) } }
            ),
        )
        .await
}
