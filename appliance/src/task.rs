//! Work that goes on where nobody waits for it any more.

use trefoil_core::error::Error;

/// Gives the work a task of its own: it goes to its end, and holds its turn till then, also where whoever asked for it has left.
pub async fn to_its_end<T, E>(work: impl Future<Output = Result<T, E>> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::Internal(format!("what was begun was broken off: {error}")).into()),
    }
}
