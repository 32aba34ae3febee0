//! Interim answers (1xx), which hyper does not send. The one that is said is `104 Upload Resumption Supported`: by it an
//! operating system learns that a transfer which is cut can be gone on with, and where.
//!
//! Always: one stands between two messages and never inside one, and before the answer it belongs to or not at all; it is
//! said over HTTP/1.1 alone. Where no handler says one, a write costs a look at a flag.
//!
//! hyper polls a handler and then flushes, in one go; it flushes the stream itself only when all it had to say is written.
//! So what a handler said before it first waits leaves with that flush.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::extract::FromRequestParts;
use axum::http::Version;
use axum::http::request::Parts;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Says something before the answer. Of a request that came over HTTP/2, HTTP/1.0 or no connection, nobody hears it. No `Debug`: what is
/// said names an upload address.
#[derive(Clone, Default)]
pub struct Interim(Option<Arc<Line>>);

#[derive(Default)]
struct Line {
    waits: AtomicBool,
    text: Mutex<Vec<u8>>,
}

impl Interim {
    /// Says a head, `HTTP/1.1 1xx` to the empty line.
    pub fn say(&self, head: String) {
        if let Some(line) = &self.0 {
            *line.text.lock().unwrap_or_else(PoisonError::into_inner) = head.into_bytes();
            line.waits.store(true, Ordering::Release);
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Interim {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let said = parts.extensions.get().cloned().filter(|_| parts.version == Version::HTTP_11);
        Ok(said.unwrap_or_default())
    }
}

/// A connection over which HTTP/1.1 may be spoken, and what is said between its messages.
pub struct InterimStream<S> {
    stream: S,
    line: Arc<Line>,
    /// How much of the head is written.
    written: usize,
    /// All that hyper had to say was written, and nothing since.
    between: bool,
}

impl<S> InterimStream<S> {
    /// Around `stream`, and what handlers say it with.
    pub fn new(stream: S) -> (Self, Interim) {
        let line = Arc::<Line>::default();
        (Self { stream, line: line.clone(), written: 0, between: true }, Interim(Some(line)))
    }
}

impl<S: AsyncWrite + Unpin> InterimStream<S> {
    /// Writes what was said, if anything was.
    fn speak(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.line.waits.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        let mut text = self.line.text.lock().unwrap_or_else(PoisonError::into_inner);
        while self.written < text.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(context, &text[self.written..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => self.written += more,
            }
        }
        text.clear();
        self.written = 0;
        self.line.waits.store(false, Ordering::Release);
        Poll::Ready(Ok(()))
    }

    /// hyper goes on: with a new message, before which there is room, or with one that has begun, and then it is too late.
    fn go_on(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.between || self.written > 0 {
            ready!(self.speak(context))?;
        } else {
            self.line.waits.store(false, Ordering::Release);
        }
        self.between = false;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for InterimStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for InterimStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.go_on(context))?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.go_on(context))?;
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.speak(context))?;
        self.between = true;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes so many bytes at a time, and each other time none.
    #[derive(Default)]
    struct Narrow {
        taken: Vec<u8>,
        at_once: usize,
        full: bool,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.full = !self.full;
            if self.full {
                return Poll::Pending;
            }
            let many = bytes.len().min(self.at_once);
            self.taken.extend(&bytes[..many]);
            Poll::Ready(Ok(many))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn around(at_once: usize) -> (InterimStream<Narrow>, Interim) {
        InterimStream::new(Narrow { at_once, ..Narrow::default() })
    }

    /// Writes as hyper does, `most` polls of it: whether all was written and flushed.
    fn hyper(stream: &mut InterimStream<Narrow>, mut bytes: &[u8], most: usize) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..most {
            let mut stream = Pin::new(&mut *stream);
            if bytes.is_empty() {
                if stream.as_mut().poll_flush(&mut context).is_ready() {
                    return true;
                }
            } else if let Poll::Ready(written) = stream.as_mut().poll_write(&mut context, bytes) {
                bytes = &bytes[written.unwrap()..];
            }
        }
        false
    }

    #[test]
    fn what_is_said_between_two_messages_stands_whole_between_them() {
        for at_once in 1..9 {
            let (mut stream, interim) = around(at_once);
            assert!(hyper(&mut stream, b"first.", 99));
            interim.say("104.".to_owned());
            assert!(hyper(&mut stream, b"", 99));
            assert!(hyper(&mut stream, b"second.", 99));
            assert_eq!(stream.stream.taken, b"first.104.second.", "{at_once}");
        }
    }

    #[test]
    fn what_is_said_just_before_the_answer_stands_before_it() {
        for at_once in 1..9 {
            let (mut stream, interim) = around(at_once);
            interim.say("104.".to_owned());
            assert!(hyper(&mut stream, b"answer.", 99));
            assert_eq!(stream.stream.taken, b"104.answer.", "{at_once}");
        }
    }

    #[test]
    fn nothing_is_said_inside_a_message_wherever_it_stops() {
        for stops in 1..40 {
            let (mut stream, interim) = around(1);
            let done = hyper(&mut stream, b"a long answer.", stops);
            interim.say("104.".to_owned());
            let rest = b"a long answer."[stream.stream.taken.len()..].to_vec();
            assert!(hyper(&mut stream, &rest, 99));
            let whole = String::from_utf8(stream.stream.taken).unwrap();
            let expected = if done { "a long answer.104." } else { "a long answer." };
            // One that was written and not yet flushed has ended too.
            assert!(
                whole == expected || (rest.is_empty() && whole == "a long answer.104."),
                "{stops}: {whole}"
            );
        }
    }
}
