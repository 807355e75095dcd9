//! What several share, or what lasts as long as the process.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// What several share, or what lasts as long as the process: that is shared without counting, for which the processors
/// would wait for one another at every call.
pub(crate) enum Handle<T: ?Sized + 'static> {
    Shared(Arc<T>),
    Lasting(&'static T),
}

impl<T: ?Sized> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Shared(shared) => shared,
            Self::Lasting(lasting) => lasting,
        }
    }
}

impl<T: ?Sized> Clone for Handle<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Shared(shared) => Self::Shared(Arc::clone(shared)),
            Self::Lasting(lasting) => Self::Lasting(lasting),
        }
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
