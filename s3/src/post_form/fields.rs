//! The fields of a form.
//!
//! Always holds: names are compared without case; a name comes once; all together are as long as S3 lets them be, also with the
//! file's name filled in.

use crate::error::Failure;
use crate::limits;

#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Names in lower case.
    fields: Vec<(String, String)>,
    bytes: usize,
}

impl Fields {
    pub fn push(&mut self, name: &str, value: String) -> Result<(), Failure> {
        self.bytes += name.len() + value.len();
        if self.bytes > limits::FORM_FIELDS_BYTES_MAX || self.fields.len() == limits::FORM_FIELDS_MAX {
            return Err(too_long());
        }
        let name = name.to_ascii_lowercase();
        if self.get(&name).is_some() {
            let message = format!("The form field {} stands more than once.", crate::auth::echo(&name));
            return Err(Failure::invalid_argument(&name, "", message));
        }
        self.fields.push((name, value));
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Puts the file's name where a field asks for it. What is signed stays as it is.
    pub fn fill_in(&mut self, filename: &str) -> Result<(), Failure> {
        const NAME: &str = "${filename}";
        for (name, value) in &mut self.fields {
            if matches!(name.as_str(), "policy" | "signature" | "x-amz-signature") {
                continue;
            }
            let count = value.matches(NAME).count();
            self.bytes = self.bytes + count * filename.len() - count * NAME.len();
            // Before it is written: a field of many short requests for a long name would be long.
            if self.bytes > limits::FORM_FIELDS_BYTES_MAX {
                return Err(too_long());
            }
            if count > 0 {
                *value = value.replace(NAME, filename);
            }
        }
        Ok(())
    }
}

pub fn too_long() -> Failure {
    let message = "Your POST request fields preceeding the upload file was too large.";
    Failure::new(http::StatusCode::BAD_REQUEST, "MaxPostPreDataLengthExceededError", message)
        .with("MaxPostPreDataLengthBytes", limits::FORM_FIELDS_BYTES_MAX)
}
