//! Every route and whom it opens to: a route that is not here fails a test.

/// Whom a route opens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everybody.
    Everybody,
    /// Whom the provider knows.
    OneFactor,
    /// Who proved two factors.
    Signed,
}

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Its path.
    pub path: &'static str,
    /// Whether it is a form.
    pub post: bool,
    /// Whom it opens to.
    pub reach: Reach,
}

const fn page(path: &'static str, reach: Reach) -> Route {
    Route { path, post: false, reach }
}

const fn form(path: &'static str, reach: Reach) -> Route {
    Route { path, post: true, reach }
}

/// Every route of sign-in and sessions.
pub const ROUTES: &[Route] = &[
    page("/look.css", Reach::Everybody),
    page("/icon.svg", Reach::Everybody),
    page("/passkey.js", Reach::Everybody),
    page("/sign-in", Reach::Everybody),
    form("/sign-in", Reach::Everybody),
    page("/sign-in/back", Reach::Everybody),
    form("/sign-in/ended", Reach::Everybody),
    form("/sign-out", Reach::OneFactor),
    page("/second-factor", Reach::OneFactor),
    form("/second-factor/code", Reach::OneFactor),
    form("/second-factor/totp", Reach::OneFactor),
    form("/second-factor/passkey", Reach::OneFactor),
    form("/second-factor/passkey/ask", Reach::OneFactor),
    form("/second-factor/new/passkey", Reach::OneFactor),
    form("/second-factor/new/passkey/ask", Reach::OneFactor),
    form("/second-factor/new/totp", Reach::OneFactor),
    form("/second-factor/new/totp/ask", Reach::OneFactor),
    form("/second-factor/another", Reach::Signed),
    page("/", Reach::Signed),
    page("/prove-again", Reach::Signed),
    form("/prove-again", Reach::Signed),
    page("/sessions", Reach::Signed),
    form("/sessions", Reach::Signed),
    page("/people/sessions", Reach::Signed),
    form("/people/sessions", Reach::Signed),
    page("/people/waiting", Reach::Signed),
    form("/people/waiting/code", Reach::Signed),
    form("/people/waiting/lost", Reach::Signed),
];
