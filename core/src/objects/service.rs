//! The service itself: what its verbs have in common.

use std::collections::HashMap;
use std::sync::Arc;

use crate::access::Accounts;
use crate::clock::Clock;
use crate::data::Location;
use crate::metadata::MetadataStore;
use crate::random::Random;

/// What a service is made of.
pub struct Parts {
    pub metadata: Arc<dyn MetadataStore>,
    /// Every configured location by name; `default_location` is among them.
    pub locations: HashMap<String, Location>,
    pub default_location: String,
    pub accounts: Arc<Accounts>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    /// The region that buckets live in, for location constraints.
    pub region: String,
}

/// Buckets, keys and versions. Cheap to clone.
#[derive(Clone)]
pub struct ObjectService {
    pub(crate) parts: Arc<Parts>,
}
