//! Writes the handler anew: calls of the runtime around the user's own body, and no logic.

mod site;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Token, Type, parse_quote};

use crate::check::{Call, Closure, Question, Taken};
use crate::execution::Execution;

/// The function that takes the place of the user's.
pub(crate) fn expand(call: &Call) -> TokenStream {
    let handler = &call.handler;
    let (attributes, visibility) = (&handler.attributes, &handler.visibility);
    let (signature, inner) = (&handler.signature, &call.body.attributes);
    let facade = call.facade.as_ref().map(|facade| quote!(#facade));
    let facade = facade.unwrap_or_else(|| quote!(::idem_lambda));
    let (site, closures) = site::site(call);
    let (claim, execution, run) = (claim(call, &closures), execution(call), run(call));
    let question = asks(call).map(|_| question());
    // Input:
    //     async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> { <body> }
    // Output:
    //     async fn charge(event: LambdaEvent<Order>) -> Result<Receipt, Error> {
    //         use ::idem_lambda::__private as __idempotent_private;
    //         static __IDEMPOTENT_SITE: Site = Site::new(<name>, <key>, None, 3600000, 0);
    //         let __idempotent_call = call(&__IDEMPOTENT_SITE, &event, &[<values of closures>]);
    //         run(__idempotent_call, pin!(async move { <return type> { <body> } })).await
    //     }
    let mut tokens = quote!(#(#attributes)* #visibility #signature);
    call.body.brace.surround(&mut tokens, |tokens| {
        tokens.extend(quote! {
            #(#inner)*
            use #facade::__private as __idempotent_private;
            #site
            #claim
            #execution
            #question
            #run
        });
    });
    tokens
}

/// Makes the key. Stands at the event's type, because that is what has to be an event.
fn claim(call: &Call, closures: &[&Closure]) -> TokenStream {
    let (start, end) = ends(&call.event.r#type);
    let (borrow, event) = borrow(&call.event.ident, start, end);
    let allow = allow_unused(call);
    let runtime = call.runtime.iter().map(|runtime| {
        let (start, end) = ends(runtime);
        let runtime = group(Delimiter::Parenthesis, quote!(#runtime), end);
        quote_spanned!(start=> &#runtime,)
    });
    let values = closures
        .iter()
        .map(|closure| value(closure, &call.event.ident));
    let values = group(Delimiter::Bracket, quote!(#(#values),*), end);
    let mut event = quote!(#borrow #event);
    if call.is_http() {
        let request = group(Delimiter::Parenthesis, event, end);
        event = quote_spanned!(start=> __idempotent_private::request #request);
    }
    let arguments = quote_spanned!(start=> &__IDEMPOTENT_SITE, #(#runtime)* #event, &#values);
    let arguments = group(Delimiter::Parenthesis, arguments, end);
    let function = call.runtime.as_ref().map_or("call", |_| "call_on");
    let function = Ident::new(function, end);
    let claim = quote_spanned!(start=> __idempotent_private::#function #arguments);
    let is_asked_of = call.execution.is_some() || asks(call).is_some();
    let r#mut = is_asked_of.then(|| quote!(mut));
    quote_spanned!(Span::mixed_site()=> #allow let #r#mut __idempotent_call = #claim;)
}

/// A leading underscore says that the user's code does not use the event, not that ours may not.
fn allow_unused(call: &Call) -> Option<TokenStream> {
    let unused = call.event.pattern.is_none() && call.event.ident.to_string().starts_with('_');
    unused.then(|| quote!(#[allow(clippy::used_underscore_binding)]))
}

/// What the handler knows of its run. Stands at its type, because that is what may not fit the runtime.
fn execution(call: &Call) -> Option<TokenStream> {
    let Execution { r#type, .. } = call.execution.as_ref()?;
    let (start, _) = ends(r#type);
    let execution = quote_spanned!(start=> __idempotent_private::execution(&mut __idempotent_call));
    Some(quote_spanned!(Span::mixed_site()=> let __idempotent_execution: #r#type = #execution;))
}

/// Who is asked what became of an abandoned execution.
fn asks(call: &Call) -> Option<&Question> {
    call.policies.iter().find_map(|policy| match &policy.taken {
        Taken::Question(question) => Some(question),
        Taken::Nothing | Taken::Duration(_) => None,
    })
}

/// Whether there is something to ask, which the guard knows once the body is polled.
fn question() -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        let __idempotent_question = __idempotent_private::question(&mut __idempotent_call);
    }
}

/// Asks before the body runs. Stands at the function or the closure's body, because that is what has to answer; all at
/// the first token, as in `run`.
fn ask(call: &Call, question: &Question, output: &Type) -> TokenStream {
    let (at, _) = match question {
        Question::Function(function) => ends(function),
        Question::Closure(closure) => ends(&closure.body),
    };
    let (borrow, event) = borrow(&call.event.ident, at, at);
    let execution = quote_spanned!(at=> __idempotent_question.execution());
    let (ask, answer) = match question {
        Question::Function(function) => {
            let answer = quote_spanned!(at=> || #function(#borrow #event, #execution));
            ("ask_function", answer)
        }
        Question::Closure(closure) => {
            let values = [quote!(#borrow #event), execution];
            let values = closure.inputs.iter().zip(values);
            let values = values.map(|(pattern, value)| quote_spanned!(at=> let #pattern = #value;));
            let (asyncness, body) = (&closure.asyncness, &closure.body);
            let answer = quote_spanned!(at=> || #asyncness { #(#values)* #body });
            ("ask", answer)
        }
    };
    let ask = Ident::new(ask, at);
    let ask = quote_spanned!(at=> __idempotent_private::#ask::<_, #output>);
    let answer = quote_spanned!(at=> #ask(&__idempotent_question, #answer).await);
    let allow = allow_unused(call);
    quote_spanned! {Span::mixed_site()=>
        #allow
        let __idempotent_answer = #answer;
        if let ::core::option::Option::Some(__idempotent_output) = __idempotent_answer {
            return __idempotent_output;
        }
    }
}

/// The value of a closure, called in place. Stands at the closure's body, because that is what has to be `Serialize`.
fn value(closure: &Closure, event: &Ident) -> TokenStream {
    let Closure {
        event: pattern,
        body,
    } = closure;
    let (start, end) = ends(pattern);
    let (borrow, event) = borrow(event, start, end);
    let (start, end) = ends(body);
    let block = quote!(let #pattern = #borrow #event; #body);
    let block = group(Delimiter::Brace, block, end);
    // What leaves it, even out of a macro, is the compiler's to refuse.
    let call = group(Delimiter::Parenthesis, TokenStream::new(), end);
    quote_spanned!(start=> &(|| #block) #call as &dyn __idempotent_private::Value)
}

/// A reference to the event, as if it were written there. Both of one origin: the compiler does not join spans of two.
fn borrow(event: &Ident, start: Span, end: Span) -> (Token![&], Ident) {
    let mut event = event.clone();
    let borrow = Token![&](event.span().located_at(start));
    event.set_span(event.span().located_at(end));
    (borrow, event)
}

/// Runs the body at most once. Stands at the return type, because that is what has to be a result.
fn run(call: &Call) -> TokenStream {
    let (start, end) = ends(&call.output);
    let pattern = call.event.pattern.iter().map(|(attributes, pattern)| {
        let event = &call.event.ident;
        quote!(#(#attributes)* let #pattern = #event;)
    });
    let execution = call.execution.iter().map(|execution| {
        let Execution {
            pattern,
            attributes,
            ..
        } = execution;
        quote_spanned!(Span::mixed_site()=> #(#attributes)* let #pattern = __idempotent_execution;)
    });
    let mut output = call.output.clone();
    LeaveOpen.visit_type_mut(&mut output);
    let ask = asks(call).map(|question| ask(call, question, &output));
    // Never returns, but says what the body returns: a wrong `Ok(1)` is then reported there, and nothing is guessed.
    let none = quote_spanned!(start=> ::core::option::Option::<#output>::None);
    let typed = quote_spanned! {start=>
        if let ::core::option::Option::Some(__idempotent_output) = #none { return __idempotent_output; }
    };
    // The braces in place of the user's, but not theirs: around a short body they are no fault of the user.
    let braces = Span::mixed_site().located_at(call.body.brace.span.join());
    let body = group(Delimiter::Brace, call.body.statements.clone(), braces);
    let block = group(
        Delimiter::Brace,
        quote!(#ask #(#pattern)* #(#execution)* #typed #body),
        end,
    );
    // All at the first token: an error of the call is one of the `.await` too, and shown once only if it is one place.
    let body = quote_spanned!(start=> ::core::pin::pin!(async move #block));
    if let Some(on_replay) = &call.on_replay {
        return replaying(call, on_replay, &body);
    }
    let run = if call.is_http() {
        "run_http"
    } else if remembers(call) {
        "run_remembering"
    } else {
        "run"
    };
    let run = Ident::new(run, start);
    quote_spanned!(start=> __idempotent_private::#run(__idempotent_call, #body).await)
}

/// The same, with what sees replayed values. Stands there, because that is what has to take them.
fn replaying(call: &Call, on_replay: &Expr, body: &TokenStream) -> TokenStream {
    let (at, _) = ends(on_replay);
    let errors = if remembers(call) {
        "Remembered"
    } else {
        "Forgotten"
    };
    let errors = Ident::new(errors, at);
    let run =
        quote_spanned!(at=> __idempotent_private::guarded::<_, _, __idempotent_private::#errors>);
    quote_spanned!(at=> #run(__idempotent_call, #body, #on_replay).await)
}

/// Whether errors are stored: then their type has to be one that can be.
fn remembers(call: &Call) -> bool {
    call.policies
        .iter()
        .any(|policy| policy.word.name == "remember")
}

/// Puts `_` in place of every `impl Trait`, which has no name to write.
struct LeaveOpen;

impl VisitMut for LeaveOpen {
    fn visit_type_mut(&mut self, r#type: &mut Type) {
        if matches!(r#type, Type::ImplTrait(_)) {
            *r#type = parse_quote!(_);
        }
        visit_mut::visit_type_mut(self, r#type);
    }
}

/// Where the first and the last token stand: the compiler shows what is between.
fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut tokens = tokens.to_token_stream().into_iter();
    let start = tokens
        .next()
        .map_or_else(Span::call_site, |token| token.span());
    let end = tokens.last().map_or(start, |token| token.span());
    let mixed = Span::mixed_site();
    (mixed.located_at(start), mixed.located_at(end))
}

fn group(delimiter: Delimiter, tokens: TokenStream, span: Span) -> Group {
    let mut group = Group::new(delimiter, tokens);
    group.set_span(span);
    group
}
