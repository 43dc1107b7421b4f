//! All cases, by the pages of AWS that they follow.
//!
//! Always holds: every module's suites are in [`suites`].

mod acl;
mod authentication;
mod bucket_settings;
mod buckets;
mod checksums;
mod configurations;
mod copy_object;
pub mod coverage;
mod delete_object;
mod get_object;
mod list_objects;
mod list_versions;
mod multipart;
mod multipart_checksums;
mod multipart_lists;
mod multipart_scale;
mod pages;
mod post_object;
mod put_object;
mod rename_object;
pub mod settings;
mod tagging;

use trefoil_tests::Suite;

pub fn suites() -> Vec<Suite> {
    [
        buckets::SUITES,
        bucket_settings::SUITES,
        list_objects::SUITES,
        list_versions::SUITES,
        put_object::SUITES,
        get_object::SUITES,
        delete_object::SUITES,
        copy_object::SUITES,
        tagging::SUITES,
        acl::SUITES,
        multipart::SUITES,
        multipart_checksums::SUITES,
        multipart_lists::SUITES,
        multipart_scale::SUITES,
        post_object::SUITES,
        rename_object::SUITES,
        checksums::SUITES,
        authentication::SUITES,
        configurations::SUITES,
    ]
    .concat()
}
