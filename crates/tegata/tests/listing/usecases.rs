//! Every use case: who may call it. What takes a right is called with every role through a route of the list.

use crate::case::all;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tegata_domain::permit::Operation::{self, *};

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// A member whose role has this right.
    Member(&'static [Operation]),
    /// A device for itself.
    Device,
    /// Anybody.
    Public,
    /// The platform itself: start, jobs.
    Platform,
}

use Who::{Device, Member, Platform, Public};

const ACTS: &[Operation] = &[
    ConfirmDevice,
    ShipDevice,
    ReceiveDevice,
    InstallDevice,
    QuarantineDevice,
    ReleaseDevice,
    RepairDevice,
    RecallDevice,
    RetireDevice,
];

/// The list: `noun/file::function`.
const USE_CASES: &[(&str, Who)] = &[
    ("account/factor::codes", Member(&[ChangeSelf])),
    ("account/factor::confirm", Member(&[ChangeSelf])),
    ("account/factor::end", Member(&[ChangeSelf])),
    ("account/language::speak", Member(&[ChangeSelf])),
    ("account/passkey::begin", Member(&[ChangeSelf])),
    ("account/passkey::end", Member(&[ChangeSelf])),
    ("account/passkey::finish", Member(&[ChangeSelf])),
    ("account/passkey::of", Member(&[ChangeSelf])),
    ("account/passkey::rename", Member(&[ChangeSelf])),
    ("account/password::change", Member(&[ChangeSelf])),
    ("action/attributes::attributes", Device),
    ("action/attributes::attributes_of", Device),
    ("action/confirm::auto_confirm", Device),
    ("action/confirm::auto_confirm_of", Device),
    ("action/confirm::confirm", Device),
    ("action/feedback::cancel_feedback", Device),
    ("action/feedback::feedback", Device),
    ("action/offer::cancelling", Device),
    ("action/offer::confirming", Device),
    ("action/offer::offer", Device),
    ("action/pending::pending", Device),
    ("action/read::history", Device),
    ("action/read::installed", Device),
    ("action/remedy::remedy", Device),
    ("audit/read::list", Member(&[ReadAudit])),
    ("audit/read::newest", Member(&[ReadAudit])),
    ("authority/read::certificate", Public),
    ("authority/read::roots", Public),
    ("batch/open::open", Member(&[CreateBatch])),
    ("batch/read::by_uid", Member(&[ReadBatch])),
    ("batch/read::list", Member(&[ReadBatch])),
    ("batch/read::list_with_products", Member(&[ReadBatch])),
    ("bulk/act::resume", Member(&[StartBulk])),
    ("bulk/act::start", Member(&[StartBulk])),
    ("bulk/act::stop", Member(&[StopBulk])),
    ("bulk/create::create", Member(&[PrepareBulk])),
    ("bulk/read::by_uid", Member(&[ReadDevice])),
    ("bulk/read::devices", Member(&[ReadDevice])),
    ("bulk/read::list", Member(&[ReadDevice])),
    ("bulk/run::turn", Platform),
    ("bulk/sweep::sweep", Platform),
    ("campaign/act::act", Member(&[ChangeCampaign])),
    ("campaign/create::create", Member(&[CreateCampaign])),
    ("campaign/read::actions", Member(&[ReadCampaign])),
    ("campaign/read::by_uid", Member(&[ReadCampaign])),
    ("campaign/read::list", Member(&[ReadCampaign])),
    ("campaign/run::turn", Platform),
    ("certificate/identify::identify", Device),
    ("certificate/identify::known", Device),
    ("device/act::act", Member(ACTS)),
    ("device/confirm::confirm", Member(&[ConfirmDevice])),
    ("device/confirm::readback", Member(&[ConfirmDevice])),
    ("device/count::count", Member(&[ReadDevice])),
    ("device/find::find", Member(&[ReadDevice])),
    ("device/find::search", Member(&[ReadDevice])),
    ("device/heard::heard", Device),
    ("device/label::label", Member(&[ReadDevice])),
    ("device/make::make", Member(&[MakeDevice])),
    ("device/make::ticket", Member(&[MakeDevice])),
    ("device/read::by_number", Member(&[ReadDevice])),
    ("device/read::certificates", Member(&[ReadDevice])),
    ("device/read::events", Member(&[ReadDevice])),
    ("device/read::by_serial", Member(&[ReadDevice])),
    ("device/read::list", Member(&[ReadDevice])),
    ("device/void::void_due", Platform),
    ("challenge/answer::answer", Device),
    ("challenge/ask::ask", Public),
    ("disposal/ask::ask", Member(&[DisposeDevice])),
    ("disposal/confirm::confirm", Device),
    ("disposal/read::asked", Device),
    ("disposal/read::of", Member(&[ReadDevice])),
    ("enrolment/enrol::enrol", Device),
    // exports are commands of who holds the data folder; each read in them takes its own right
    ("export/read::authorities", Platform),
    ("export/read::holder", Platform),
    ("export/read::life", Platform),
    ("export/read::of_organisation", Platform),
    ("erasure/erase::erase", Member(&[EraseOrganisation])),
    ("erasure/replay::replay", Platform),
    ("filter/end::end", Member(&[KeepFilter])),
    ("filter/keep::keep", Member(&[KeepFilter])),
    ("filter/read::list", Member(&[KeepFilter])),
    ("finding/close::close", Member(&[CloseFinding])),
    ("finding/read::by_uid", Member(&[ReadFinding])),
    ("finding/read::list", Member(&[ReadFinding])),
    // a part of the page of a device, left out where a role may not read findings
    ("finding/read::of_device", Member(&[ReadDevice])),
    ("membership/change::change", Member(&[ChangeMember])),
    ("membership/change::end", Member(&[ChangeMember])),
    ("membership/read::list", Member(&[ReadAccount])),
    ("notice/contact::contact", Member(&[ReadOrganisation])),
    ("notice/contact::set_contact", Member(&[SetContact])),
    ("notice/read::list", Member(&[ReadNotice])),
    // parts of the page of a device, left out where a role may not read them
    ("notice/read::of_device", Member(&[ReadDevice])),
    ("transfer/read::standing", Member(&[ReadDevice])),
    ("notice/receipt::receive", Member(&[ReceiveNotice])),
    // whoever holds the link of a letter
    ("notice/receipt::receive_linked", Public),
    ("notice/receipt::show_linked", Public),
    ("notice/send::send_due", Platform),
    ("heartbeat/beat::beat", Device),
    // whoever holds the link
    ("invitation/accept::accept", Public),
    ("invitation/passkey::accept_with", Public),
    ("invitation/passkey::begin_with", Public),
    // a command of who holds the data folder
    ("invitation/reset::reset", Platform),
    ("invitation/accept::join", Member(&[ChangeSelf])),
    ("invitation/accept::shown", Public),
    ("invitation/create::again", Member(&[ChangeMember])),
    ("invitation/create::create", Member(&[InviteAccount])),
    ("invitation/end::end", Member(&[InviteAccount])),
    ("invitation/read::list", Member(&[ReadAccount])),
    ("invitation/read::list_after", Member(&[ReadAccount])),
    ("ledger/prove::prove", Member(&[ReadDevice])),
    ("ledger/prove::prove_stamp", Public),
    ("ledger/read::tile", Public),
    ("ledger/sequence::sequence", Platform),
    // these turn what was shown into who asks: anybody may try
    ("login/authenticate::authenticate", Public),
    ("login/factor::factor", Public),
    ("login/open::confirm", Public),
    // whoever was sent back by the provider
    ("login/outside::back", Public),
    ("login/outside::begin", Public),
    ("login/outside::connect", Member(&[ChangeSelf])),
    ("login/outside::disconnect", Member(&[ChangeSelf])),
    ("login/outside::is_connected", Member(&[ChangeSelf])),
    ("login/passkey::open", Public),
    ("login/open::password", Public),
    ("login/end::end", Member(&[ChangeSelf])),
    ("login/end::end_of", Member(&[EndLogin])),
    ("login/end::end_others", Member(&[ChangeSelf])),
    ("login/mod::sweep", Platform),
    ("login/read::of", Member(&[ChangeSelf])),
    ("login/switch::houses", Member(&[ChangeSelf])),
    ("login/switch::switch", Member(&[ChangeSelf])),
    ("lookup/read::by_number", Public),
    ("lookup/read::find", Public),
    ("lookup/read::model", Public),
    ("lookup/visit::visit", Public),
    ("organisation/create::create", Member(&[CreateOrganisation])),
    ("organisation/demand::demand", Member(&[DemandFactor])),
    ("organisation/read::list", Member(&[ReadOrganisation])),
    ("organisation/read::own", Member(&[ReadOrganisation])),
    ("platform/backup::backup", Platform),
    ("platform/check::ready", Public),
    ("platform/examine::examine", Platform),
    ("platform/init::init", Platform),
    ("platform/objects::probe_objects", Platform),
    ("platform/open::https_identity", Platform),
    ("platform/open::open", Platform),
    ("platform/open::open_to_read", Platform),
    ("platform/restore::restore", Platform),
    ("platform/watch::watch", Platform),
    // what a poll that was judged leaves in memory
    ("poll/keep::keep", Device),
    ("product/read::by_uid", Member(&[ReadProduct])),
    ("product/read::list", Member(&[ReadProduct])),
    ("product/register::register", Member(&[CreateProduct])),
    ("release/artifact::artifact", Device),
    ("release/artifact::module", Device),
    ("release/artifact::open", Device),
    ("release/key::end", Member(&[EndReleaseKey])),
    ("release/key::keys", Member(&[ReadReleaseKey])),
    ("release/key::register", Member(&[CreateReleaseKey])),
    ("release/publish::publish", Member(&[PublishRelease, PublishOlderRelease])),
    ("release/publish::upload", Member(&[PublishRelease])),
    ("release/publish::write", Member(&[PublishRelease])),
    ("release/read::by_uid", Member(&[ReadRelease])),
    ("release/read::by_uid_with_product", Member(&[ReadRelease])),
    ("release/read::list", Member(&[ReadRelease])),
    ("release/read::list_with_products", Member(&[ReadRelease])),
    ("release/running::of", Device),
    ("release/running::report", Device),
    ("release/metadata::metadata", Device),
    ("release/standing::standing", Member(&[ReadDevice])),
    ("release/sweep::sweep", Platform),
    ("report/enter::enter", Public),
    ("report/read::list", Member(&[ReadFinding])),
    ("revocation/publish::publish", Platform),
    ("revocation/publish::publish_due", Platform),
    ("revocation/read::crl", Public),
    ("revocation/revoke::revoke", Member(&[RevokeCertificate])),
    // these two turn what was shown into who asks: anybody may try
    ("peer::controller", Public),
    ("peer::device", Public),
    ("peer::ending", Public),
    ("peer::member", Public),
    ("scan/exempt::exempt", Member(&[ExemptCode])),
    ("scan/flush::flush", Platform),
    ("scan/flush::sweep", Platform),
    ("scan/read::of", Member(&[ReadDevice])),
    ("seen::flush", Platform),
    ("tally/day::write_down", Platform),
    ("tally/read::curves", Member(&[ReadDevice])),
    ("tally/read::products", Member(&[ReadDevice])),
    ("tally/read::read", Member(&[ReadDevice])),
    ("target_token/authenticate::authenticate", Public),
    ("target_token/issue::issue", Member(&[IssueTargetToken])),
    ("token/authenticate::authenticate", Public),
    ("token/create::create", Member(&[CreateToken])),
    ("token/end::end", Member(&[EndToken])),
    ("token/read::list", Member(&[ReadToken])),
    ("transfer/cancel::cancel", Member(&[TransferDevice])),
    ("transfer/claim::claim", Member(&[ClaimDevice])),
    ("transfer/open_household::open_household", Public),
    ("transfer/offer::offer", Member(&[TransferDevice])),
];

/// Every `pub async fn` below `crates/usecase/src`.
fn written() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../usecase/src");
    let (mut folders, mut found) = (vec![root.clone()], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let name = entry.strip_prefix(&root).unwrap().with_extension("").display().to_string();
            let text = std::fs::read_to_string(&entry).unwrap();
            let functions = text.lines().filter_map(|line| line.trim_start().strip_prefix("pub async fn "));
            let names = functions.map(|rest| rest.split(['(', '<']).next().unwrap_or_default());
            found.extend(names.map(|function| format!("{name}::{function}")));
        }
    }
    found
}

#[test]
fn every_use_case_is_listed() {
    let (written, listed) = (written(), USE_CASES.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>());
    assert!(written.len() > 30, "the scan finds use cases: {written:?}");
    let unlisted: Vec<_> = written.difference(&listed).collect();
    assert!(unlisted.is_empty(), "unlisted use case: say in tests/listing/usecases.rs who may: {unlisted:?}");
    let stale: Vec<_> = listed.difference(&written).collect();
    assert!(stale.is_empty(), "use cases that are not there (any more): {stale:?}");
    assert_eq!(listed.len(), USE_CASES.len(), "a use case is listed twice");
}

/// So each runs with every role: the routes are called with all of them.
#[test]
fn what_takes_a_right_is_called_with_every_role() {
    let mut reached: BTreeMap<&str, Vec<Operation>> = BTreeMap::new();
    for case in all() {
        for name in case.usecases {
            let operations = reached.entry(*name).or_default();
            operations.extend(case.operation.filter(|operation| !operations.contains(operation)));
        }
    }
    let named = |operations: &[Operation]| operations.iter().map(|o| o.name()).collect::<BTreeSet<_>>();
    for (name, who) in USE_CASES {
        let through = reached.remove(name);
        match who {
            Member(operations) => {
                let through = through.unwrap_or_else(|| panic!("no route of the list leads to {name}"));
                assert_eq!(named(&through), named(operations), "{name}");
            }
            Device | Public | Platform => assert_eq!(through, None, "{name} takes no right"),
        }
    }
    assert!(reached.is_empty(), "routes name use cases that are not listed: {reached:?}");
}

/// Every right of the table is asked for by a use case.
#[test]
fn every_right_is_used() {
    let used = |operation: Operation| {
        USE_CASES.iter().any(|(_, who)| matches!(who, Member(operations) if operations.contains(&operation)))
    };
    // to log in is the right of who was proven, whatever the way
    let listed = Operation::listed().filter(|operation| *operation != OpenLogin);
    let unused: Vec<Operation> = listed.filter(|operation| !used(*operation)).collect();
    assert!(unused.is_empty(), "rights that no listed use case takes: {unused:?}");
}
