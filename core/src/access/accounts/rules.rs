//! What names, e-mail addresses, access key ids and secrets may look like, and how the drawn ones are made.
//!
//! Always holds: no message here holds a secret, and what is drawn obeys the rules for what is given.

use base64::Engine as _;

use super::Secret;
use crate::error::{Error, Result};
use crate::limits::{
    ACCESS_KEY_ID_CHARS_MAX, ACCESS_KEY_ID_CHARS_MIN, ACCOUNT_NAME_CHARS_MAX, DISPLAY_NAME_CHARS_MAX, EMAIL_CHARS_MAX,
    SECRET_CHARS_MAX, SECRET_CHARS_MIN,
};
use crate::random::Random;

/// Drawn access key ids begin so.
const KEY_ID_PREFIX: &str = "TRFL";
const KEY_ID_DRAWN_CHARS: usize = 16;
/// RFC 4648's base 32: 5 bits a character.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// 240 bits, 40 characters.
const SECRET_DRAWN_BYTES: usize = 30;

/// 1 to 64 of the characters that AWS allows in the names of users.
pub(super) fn name(name: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    let valid = (1..=ACCOUNT_NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(allowed);
    let message =
        || format!("an account's name has 1 to {ACCOUNT_NAME_CHARS_MAX} characters of A-Z a-z 0-9 _ + = , . @ -");
    if valid { Ok(()) } else { Err(invalid("name", name, message())) }
}

pub(super) fn display_name(name: &str) -> Result<()> {
    let valid = (1..=DISPLAY_NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let message = || format!("a display name has 1 to {DISPLAY_NAME_CHARS_MAX} characters, none a control character");
    if valid { Ok(()) } else { Err(invalid("display-name", name, message())) }
}

/// Something before and behind one `@`, in visible ASCII: whether it can be delivered is not for us to know.
pub(super) fn email(email: &str) -> Result<()> {
    let parts = email.split_once('@');
    let valid = email.len() <= EMAIL_CHARS_MAX
        && email.bytes().all(|byte| byte.is_ascii_graphic())
        && parts.is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    if valid { Ok(()) } else { Err(invalid("email", email, "an e-mail address looks like user@host".into())) }
}

pub fn access_key_id(id: &str) -> Result<()> {
    let valid = (ACCESS_KEY_ID_CHARS_MIN..=ACCESS_KEY_ID_CHARS_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let message = || {
        format!(
            "an access key id has {ACCESS_KEY_ID_CHARS_MIN} to {ACCESS_KEY_ID_CHARS_MAX} characters of A-Z a-z 0-9 _ -"
        )
    };
    if valid { Ok(()) } else { Err(invalid("access-key-id", id, message())) }
}

pub fn secret(secret: &Secret) -> Result<()> {
    let text = secret.expose();
    let valid =
        (SECRET_CHARS_MIN..=SECRET_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    let message = || {
        format!(
            "a secret access key has {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} characters of visible ASCII, no spaces"
        )
    };
    // The value stays out of the error.
    if valid { Ok(()) } else { Err(invalid("secret-access-key", "", message())) }
}

/// An access key id: `TRFL` and 16 characters of base 32, 80 bits.
pub fn draw_access_key_id(random: &dyn Random) -> String {
    let mut bytes = [0; KEY_ID_DRAWN_CHARS];
    random.fill(&mut bytes);
    KEY_ID_PREFIX.chars().chain(bytes.iter().map(|byte| char::from(BASE32[usize::from(byte % 32)]))).collect()
}

/// A secret: 40 characters that need no escaping in a URL, 240 bits.
pub fn draw_secret(random: &dyn Random) -> Secret {
    let mut bytes = [0; SECRET_DRAWN_BYTES];
    random.fill(&mut bytes);
    Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

fn invalid(name: &'static str, value: &str, message: String) -> Error {
    Error::InvalidArgument { name, value: value.to_owned(), message }
}
