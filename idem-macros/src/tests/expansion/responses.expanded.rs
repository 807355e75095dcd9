async fn order(request: Request) -> Result<impl IntoResponse, Error> {
    use ::idem_lambda::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
        __idempotent_private::Name::derived(
            ::core::concat!(::core::module_path!(), "::order"),
            &|| {},
        ),
        __idempotent_private::Expression::Tuple(const {
            &[
                __idempotent_private::Expression::Path(
                    __idempotent_private::Path::streamed(
                        "$.httpMethod",
                        &[__idempotent_private::Segment::Name("httpMethod")],
                    ),
                ),
                __idempotent_private::Expression::Path(
                    __idempotent_private::Path::streamed(
                        "$.path",
                        &[__idempotent_private::Segment::Name("path")],
                    ),
                ),
                __idempotent_private::Expression::Header("idempotency-key"),
            ]
        }),
        ::core::option::Option::Some(
            __idempotent_private::Expression::Tuple(const {
                &[
                    __idempotent_private::Expression::Path(
                        __idempotent_private::Path::streamed(
                            "$.queryStringParameters",
                            &[
                                __idempotent_private::Segment::Name("queryStringParameters"),
                            ],
                        ),
                    ),
                    __idempotent_private::Expression::Path(
                        __idempotent_private::Path::streamed(
                            "$.body",
                            &[__idempotent_private::Segment::Name("body")],
                        ),
                    ),
                ]
            }),
        ),
        86400000u64,
        0u64,
    );
    let __idempotent_call = __idempotent_private::call(
        &__IDEMPOTENT_SITE,
        __idempotent_private::request(&request),
        &[],
    );
    __idempotent_private::run_http(
            __idempotent_call,
            ::core::pin::pin!(
                async move { if let ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < _, Error > > ::None { return
                __idempotent_output; } { Ok(Response::new(request.into_body())) } }
            ),
        )
        .await
}
