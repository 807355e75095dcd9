async fn charge(order: Order) -> Result<Receipt, Declined> {
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
        )
        .on_error(__idempotent_private::OnError::Remember)
        .on_abandoned(__idempotent_private::OnAbandoned::Hold)
        .on_busy(
            __idempotent_private::OnBusy::Wait(
                ::core::time::Duration::from_millis(5000u64),
            ),
        )
        .on_overrun(__idempotent_private::OnOverrun::Run)
        .on_missing_key(__idempotent_private::OnMissingKey::Run)
        .on_store_failure(__idempotent_private::OnStoreFailure::Fail);
    let __idempotent_call = __idempotent_private::call(&__IDEMPOTENT_SITE, &order, &[]);
    __idempotent_private::run_remembering(
            __idempotent_call,
            ::core::pin::pin!(
                async move { if let ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < Receipt, Declined > > ::None { return
                __idempotent_output; } { gateway::charge(order). await } }
            ),
        )
        .await
}
async fn refund(__idempotent_event: Order) -> Result<Receipt, Error> {
    use ::idem_lambda::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
            __idempotent_private::Name::derived(
                ::core::concat!(::core::module_path!(), "::refund"),
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
        )
        .on_abandoned(__idempotent_private::OnAbandoned::Reconcile);
    let mut __idempotent_call = __idempotent_private::call(
        &__IDEMPOTENT_SITE,
        &__idempotent_event,
        &[],
    );
    let __idempotent_execution: Execution = __idempotent_private::execution(
        &mut __idempotent_call,
    );
    let __idempotent_question = __idempotent_private::question(&mut __idempotent_call);
    __idempotent_private::run(
            __idempotent_call,
            ::core::pin::pin!(
                async move { let __idempotent_answer =
                __idempotent_private::ask_function:: < _, Result < Receipt, Error > > (&
                __idempotent_question, || gateway::find(& __idempotent_event,
                __idempotent_question.execution())). await; if let
                ::core::option::Option::Some(__idempotent_output) = __idempotent_answer {
                return __idempotent_output; } let Order { id, .. } = __idempotent_event;
                let execution = __idempotent_execution; if let
                ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < Receipt, Error > > ::None { return
                __idempotent_output; } { gateway::refund(id, execution). await } }
            ),
        )
        .await
}
async fn ship(order: Order, gateway: Gateway) -> Result<Receipt, Error> {
    use ::idem_lambda::__private as __idempotent_private;
    static __IDEMPOTENT_SITE: __idempotent_private::Site = __idempotent_private::Site::new(
            __idempotent_private::Name::derived(
                ::core::concat!(::core::module_path!(), "::ship"),
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
        )
        .on_abandoned(__idempotent_private::OnAbandoned::Reconcile);
    let mut __idempotent_call = __idempotent_private::call(
        &__IDEMPOTENT_SITE,
        &order,
        &[],
    );
    let __idempotent_question = __idempotent_private::question(&mut __idempotent_call);
    __idempotent_private::run(
            __idempotent_call,
            ::core::pin::pin!(
                async move { let __idempotent_answer = __idempotent_private::ask:: < _,
                Result < Receipt, Error > > (& __idempotent_question, || async { let
                order : & Order = & order; let _ = __idempotent_question.execution();
                gateway.find(& order.id). await }). await; if let
                ::core::option::Option::Some(__idempotent_output) = __idempotent_answer {
                return __idempotent_output; } if let
                ::core::option::Option::Some(__idempotent_output) =
                ::core::option::Option:: < Result < Receipt, Error > > ::None { return
                __idempotent_output; } { gateway.ship(order). await } }
            ),
        )
        .await
}
