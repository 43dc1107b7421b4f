//! Options as they are typed.

use nix::mount::MsFlags;
use trefoil_core::files::{AccessTimes, Defaults};

use super::MountOptions;

fn parse(text: &str) -> MountOptions {
    MountOptions::parse(text).unwrap()
}

#[test]
fn without_options_a_mount_is_writable_and_safe() {
    let options = parse("");
    assert_eq!(options, MountOptions::default());
    assert_eq!(options, parse("defaults,_netdev,nofail,x-systemd.automount,,"));
    assert_eq!(options.flags(), MsFlags::MS_NOATIME | MsFlags::MS_NOSUID | MsFlags::MS_NODEV);
}

#[test]
fn each_option_does_what_it_says() {
    let options = parse("ro,relatime,suid,dev,noexec,noallow_other,durability=strict");
    assert_eq!(options.flags(), MsFlags::MS_RDONLY | MsFlags::MS_NOEXEC | MsFlags::MS_RELATIME);
    assert!(options.strict && !options.allow_other);
    let times = |text: &str| parse(text).access_times;
    assert_eq!(times(""), AccessTimes::Never);
    assert_eq!([times("relatime"), times("atime")], [AccessTimes::Relative; 2]);
    assert_eq!([times("strictatime"), times("noatime,strictatime")], [AccessTimes::Always; 2]);
    assert_eq!(parse("strictatime").flags() & MsFlags::MS_NOATIME, MsFlags::empty());
    let modes = |text: &str| {
        let Defaults { file_mode, directory_mode, .. } = parse(text).defaults;
        (file_mode, directory_mode)
    };
    assert_eq!(modes(""), (0o644, 0o755));
    assert_eq!(modes("umask=027"), (0o640, 0o750));
    assert_eq!(modes("fmask=0111,dmask=0"), (0o666, 0o777));
    let defaults = parse("uid=1000,gid=100").defaults;
    assert_eq!((defaults.uid, defaults.gid), (1000, 100));
}

#[test]
fn the_later_holds() {
    assert!(!parse("ro,rw").read_only);
    assert!(parse("rw,ro").read_only);
}

#[test]
fn sync_is_for_bytes_and_dirsync_for_names() {
    let flags = |text| (parse(text).strict, parse(text).flags().contains(MsFlags::MS_SYNCHRONOUS));
    assert_eq!(flags("sync"), (true, true));
    assert_eq!(flags("dirsync"), (true, false));
    assert_eq!(flags("durability=strict"), (true, false));
    assert_eq!(flags("sync,async"), (false, false));
    // Whoever may mount: what they mount has nothing that could give them rights.
    let users = parse("users");
    assert!(!users.execute && !users.set_user_id && !users.devices);
    assert!(parse("user,exec").execute);
    for text in ["suid,dev,owner", "suid,dev,group"] {
        let options = parse(text);
        assert!(options.execute && !options.set_user_id && !options.devices, "{text}");
    }
}

#[test]
fn what_is_unknown_or_malformed_is_refused_with_what_to_write() {
    for (text, expected) in [
        ("noatim", "there are ro, rw"),
        ("uid=root", "a number"),
        ("umask=999", "octal"),
        ("umask=1777", "octal"),
        ("durability=none", "durability=posix or durability=strict"),
        ("direct_io", "no meaning"),
        ("max_read=4096", "no meaning"),
        ("ro=1", "not known"),
        ("remount", "unmount it, and mount it"),
        ("comments", "not known"),
    ] {
        let error = MountOptions::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    assert!(MountOptions::parse(&"x-a,".repeat(2000)).is_err());
}

#[test]
fn the_text_of_options_gives_them_back() {
    for text in [
        "",
        "ro",
        "strictatime",
        "durability=strict,relatime,suid,dev,noexec,noallow_other",
        "uid=5,umask=077",
        "fmask=137,dmask=027",
        "sync",
        "dirsync",
        "users",
    ] {
        let options = parse(text);
        assert_eq!(parse(&options.text()), options, "{text}: {}", options.text());
    }
}
