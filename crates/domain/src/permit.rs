//! Who may do what: one table role × operation.
//!
//! Invariant: only this file makes a [`Permit`], and the store writes nothing without one.

use crate::id::{DeviceRow, LoginRow, OrganisationRow, TokenRow};
use crate::organisation::{Kinds, OrganisationKind};

/// What the holder of an account or a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// Everything that its organisation may.
    Administrator = 0,
    /// Products, batches, releases.
    Engineer,
    /// A production line: makes and confirms devices.
    Station,
    /// Devices in the field.
    Operator,
    /// Reads.
    Auditor,
}

impl Role {
    /// All, in the order of their codes.
    pub const ALL: [Role; 5] = [Role::Administrator, Role::Engineer, Role::Station, Role::Operator, Role::Auditor];

    /// Its word in the API.
    pub fn name(self) -> &'static str {
        ["administrator", "engineer", "station", "operator", "auditor"][self as usize]
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person or a program of an organisation.
    Member(Member),
    /// A device that proved itself by its certificate.
    Device(DeviceRow),
    /// Anybody.
    Public,
    /// The platform itself: `init` and background work.
    Platform,
}

/// A person or a program of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The organisation.
    pub organisation: OrganisationRow,
    /// What that organisation does.
    pub kinds: Kinds,
    /// What this member may do in it.
    pub role: Role,
    /// How the credential is called, for the audit.
    pub name: String,
    /// What was shown: what rests on it is refused once it has ended.
    pub right: Option<Right>,
}

/// What a right rests on, and ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// A token of a program.
    Token(TokenRow),
    /// A login of a person.
    Login(LoginRow),
}

/// An act that needs a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Set the platform up.
    Initialise,
    /// Restore a platform from a backup.
    Restore,
    /// Write checkpoints, CRLs and the like.
    Publish,
    /// Enter an organisation.
    CreateOrganisation,
    /// See one's own organisation, or all as the platform.
    ReadOrganisation,
    /// Make an API token.
    CreateToken,
    /// See API tokens.
    ReadToken,
    /// End an API token.
    EndToken,
    /// See the audit.
    ReadAudit,
    /// See the accounts of one's organisation, their logins and invitations.
    ReadAccount,
    /// Invite somebody, or take that back.
    InviteAccount,
    /// Change what a member may do, or end the membership.
    ChangeMember,
    /// End the logins of a member.
    EndLogin,
    /// Demand a second factor of all members.
    DemandFactor,
    /// Log in.
    OpenLogin,
    /// Change one's own account: password, passkeys, second factor, logins, language.
    ChangeSelf,
    /// Keep a filter of a list for oneself.
    KeepFilter,
    /// Register a product.
    CreateProduct,
    /// See products.
    ReadProduct,
    /// Open a batch.
    CreateBatch,
    /// See batches.
    ReadBatch,
    /// Make devices under a batch.
    MakeDevice,
    /// Confirm a made device.
    ConfirmDevice,
    /// See devices, their certificates, events and proofs.
    ReadDevice,
    /// Ship a device.
    ShipDevice,
    /// Receive a device.
    ReceiveDevice,
    /// Install a device.
    InstallDevice,
    /// Quarantine a device.
    QuarantineDevice,
    /// Release a device from quarantine.
    ReleaseDevice,
    /// Record a repair.
    RepairDevice,
    /// Recall a device.
    RecallDevice,
    /// Retire a device.
    RetireDevice,
    /// Give a device a token for update polls.
    IssueTargetToken,
    /// Revoke a certificate.
    RevokeCertificate,
    /// See findings.
    ReadFinding,
    /// See notices.
    ReadNotice,
    /// Say that a notice was read.
    ReceiveNotice,
    /// Say where the notices of an organisation go.
    SetContact,
    /// Close a finding.
    CloseFinding,
    /// Void a device that its line never confirmed: the platform itself.
    VoidDevice,
    /// Enrol: a device asks for itself.
    EnrolDevice,
    /// Renew: a device asks for itself.
    RenewDevice,
    /// Register a key that signs releases.
    CreateReleaseKey,
    /// See release keys.
    ReadReleaseKey,
    /// End a release key.
    EndReleaseKey,
    /// Publish a release.
    PublishRelease,
    /// Publish a release whose security version is older than one that is out.
    PublishOlderRelease,
    /// See releases.
    ReadRelease,
    /// Create a campaign.
    CreateCampaign,
    /// See campaigns and their actions.
    ReadCampaign,
    /// Pause, resume or cancel a campaign.
    ChangeCampaign,
    /// Take a campaign further: background work.
    RunCampaign,
    /// Have the devices of a bulk looked at, before anything is done.
    PrepareBulk,
    /// Confirm a bulk, or let it go on.
    StartBulk,
    /// Stop a bulk.
    StopBulk,
    /// Look at devices of a bulk, and say that it is over: background work.
    RunBulk,
    /// Fetch a release and report on it: a device for itself.
    UpdateDevice,
    /// Hand a device on, or take that back.
    TransferDevice,
    /// Take a device over with a code.
    ClaimDevice,
    /// Ask a device to erase itself.
    DisposeDevice,
    /// Tell that its secrets are gone: a device speaks for itself.
    EraseDevice,
    /// Erase what an organisation left behind.
    EraseOrganisation,
    /// Give a sign of life: a device tells of itself.
    HearDevice,
    /// Hold a device for what was found: the platform alone.
    ContainDevice,
    /// Say that a device's code is on show in a shop: that it is looked up everywhere is no alarm.
    ExemptCode,
    /// Open a household for who holds the code of a device: the platform alone.
    OpenHousehold,
    /// Enter that a device's code is in too many places: the platform alone.
    WatchCode,
    /// Enter what somebody reports who looked a device up: the platform alone.
    EnterReport,
    /// Give a person a new way in: the platform alone, at its machine.
    ResetAccount,
    /// Ask a device to sign: the platform alone, for anybody.
    AskDevice,
    /// Answer that: a device speaks for itself.
    AnswerDevice,
}

/// What the actor must be to the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// The subject belongs to the actor's organisation in any way.
    Tenant,
    /// The actor's organisation made it.
    Maker,
    /// The actor's organisation owns it.
    Owner,
}

use Operation::*;
use OrganisationKind as Kind;
use Relation::*;
use Role::*;

/// The table: operation, roles, relation to the subject, kind of organisation that it takes.
const RULES: &[(Operation, &[Role], Relation, Option<Kind>)] = &[
    (CreateOrganisation, &[Administrator], Tenant, Some(Kind::Platform)),
    (ReadOrganisation, &Role::ALL, Tenant, None),
    (CreateToken, &[Administrator], Tenant, None),
    (ReadToken, &[Administrator, Auditor], Tenant, None),
    (EndToken, &[Administrator], Tenant, None),
    (ReadAudit, &[Administrator, Auditor], Tenant, None),
    (ReadAccount, &[Administrator, Auditor], Tenant, None),
    (InviteAccount, &[Administrator], Tenant, None),
    (ChangeMember, &[Administrator], Tenant, None),
    (EndLogin, &[Administrator], Tenant, None),
    (DemandFactor, &[Administrator], Tenant, None),
    (OpenLogin, &Role::ALL, Tenant, None),
    (ChangeSelf, &Role::ALL, Tenant, None),
    (KeepFilter, &Role::ALL, Tenant, None),
    (CreateProduct, &[Administrator, Engineer], Maker, Some(Kind::Maker)),
    (ReadProduct, &Role::ALL, Tenant, None),
    (CreateBatch, &[Administrator, Engineer], Maker, Some(Kind::Maker)),
    (ReadBatch, &[Administrator, Engineer, Station, Auditor], Tenant, None),
    (MakeDevice, &[Administrator, Engineer, Station], Maker, Some(Kind::Maker)),
    (ConfirmDevice, &[Administrator, Engineer, Station], Maker, Some(Kind::Maker)),
    (ReadDevice, &Role::ALL, Tenant, None),
    (ShipDevice, &[Administrator, Engineer, Station, Operator], Owner, None),
    (ReceiveDevice, &[Administrator, Operator], Owner, None),
    (InstallDevice, &[Administrator, Operator], Owner, None),
    (QuarantineDevice, &[Administrator, Operator], Tenant, None),
    (ReleaseDevice, &[Administrator, Operator], Tenant, None),
    (RepairDevice, &[Administrator, Operator], Tenant, None),
    (RecallDevice, &[Administrator, Engineer], Maker, Some(Kind::Maker)),
    (RetireDevice, &[Administrator, Operator], Owner, None),
    (IssueTargetToken, &[Administrator, Operator], Owner, None),
    (RevokeCertificate, &[Administrator, Operator], Tenant, None),
    (ReadFinding, &[Administrator, Engineer, Operator, Auditor], Tenant, None),
    (CreateReleaseKey, &[Administrator], Maker, Some(Kind::Maker)),
    (ReadReleaseKey, &[Administrator, Engineer, Auditor], Maker, None),
    (EndReleaseKey, &[Administrator], Maker, Some(Kind::Maker)),
    (PublishRelease, &[Administrator, Engineer], Maker, Some(Kind::Maker)),
    (PublishOlderRelease, &[Administrator], Maker, Some(Kind::Maker)),
    (ReadRelease, &Role::ALL, Tenant, None),
    (CreateCampaign, &[Administrator, Engineer, Operator], Tenant, None),
    (ReadCampaign, &[Administrator, Engineer, Operator, Auditor], Tenant, None),
    (ChangeCampaign, &[Administrator, Engineer, Operator], Tenant, None),
    // beside the right of the act itself
    (PrepareBulk, &[Administrator, Engineer, Station, Operator], Tenant, None),
    (StartBulk, &[Administrator, Engineer, Station, Operator], Tenant, None),
    (StopBulk, &[Administrator, Engineer, Station, Operator], Tenant, None),
    (ReadNotice, &[Administrator, Engineer, Operator, Auditor], Tenant, None),
    (ReceiveNotice, &[Administrator, Operator], Tenant, None),
    (SetContact, &[Administrator], Tenant, None),
    (TransferDevice, &[Administrator, Operator], Owner, None),
    (ClaimDevice, &[Administrator, Operator], Tenant, None),
    (DisposeDevice, &[Administrator, Operator], Owner, None),
    (EraseOrganisation, &[Administrator], Tenant, None),
    (CloseFinding, &[Administrator, Engineer, Operator], Tenant, None),
    (ExemptCode, &[Administrator, Engineer, Operator], Owner, None),
];

/// What a right is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Subject {
    /// Who made it, or whose it is from the start.
    pub maker: Option<OrganisationRow>,
    /// Whose it is now.
    pub owner: Option<OrganisationRow>,
    /// The device, when it is one.
    pub device: Option<DeviceRow>,
}

impl Subject {
    /// Something that belongs to one organisation.
    pub fn of(organisation: OrganisationRow) -> Self {
        Subject { maker: Some(organisation), owner: Some(organisation), device: None }
    }

    /// An organisation itself: its own, and of the platform that entered it.
    pub fn tenant(organisation: OrganisationRow, platform: OrganisationRow) -> Self {
        Subject { maker: Some(platform), owner: Some(organisation), device: None }
    }
}

impl From<&crate::device::Device> for Subject {
    fn from(device: &crate::device::Device) -> Self {
        Subject { maker: Some(device.maker), owner: Some(device.owner), device: Some(device.row) }
    }
}

/// Why a right was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It belongs to others: for this actor it does not exist.
    #[error("not found")]
    NotFound,
    /// No credential was shown.
    #[error("this needs a credential")]
    NoCredential,
    /// The role is too small.
    #[error("the role {role} may not do this; it takes {needed}")]
    Role {
        /// The actor's role.
        role: &'static str,
        /// Roles that may.
        needed: String,
    },
    /// Only the maker may.
    #[error("only the maker of this device may do this")]
    NotMaker,
    /// Only the owner may.
    #[error("only the present owner of this device may do this")]
    NotOwner,
    /// The organisation is of another kind.
    #[error("this organisation may not do this; it takes one of kind {}", .0.name())]
    Kind(OrganisationKind),
    /// A device asks for something that is not its own.
    #[error("a device may only enrol, renew, update, tell of itself and end itself")]
    Device,
}

/// A right to do one thing once. Only [`Actor::permit`] makes it.
#[derive(Debug)]
pub struct Permit {
    operation: Operation,
    actor: String,
    organisation: Option<OrganisationRow>,
    right: Option<Right>,
}

impl Permit {
    /// What it permits.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Who may.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// For which organisation.
    pub fn organisation(&self) -> Option<OrganisationRow> {
        self.organisation
    }

    /// What it rests on: the store judges that again in the transaction of the change.
    pub fn right(&self) -> Option<Right> {
        self.right
    }

    /// The same right for what was begun under it and must be finished, whether what it rests on still holds or not.
    pub fn begun(self) -> Permit {
        Permit { right: None, ..self }
    }
}

/// Whose rows a read may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of one organisation.
    Organisation(OrganisationRow),
    /// None.
    Nothing,
}

impl Operation {
    /// Every operation of the table.
    pub fn listed() -> impl Iterator<Item = Operation> {
        RULES.iter().map(|rule| rule.0)
    }

    /// Its word in audit and logs.
    pub fn name(self) -> String {
        let mut out = String::new();
        for c in format!("{self:?}").chars() {
            if c.is_ascii_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    }

    /// Whether it belongs in the audit. Making, voiding, enrolling and renewing stand in the ledger one by one,
    /// and signs of life are too many.
    pub fn is_audited(self) -> bool {
        let of_devices =
            matches!(self, EnrolDevice | RenewDevice | UpdateDevice | EraseDevice | HearDevice | AnswerDevice);
        // whom a device is asked for stands nowhere, and strangers could fill the audit with their asking
        !of_devices
            && !matches!(
                self,
                Publish | MakeDevice | VoidDevice | RunCampaign | RunBulk | PrepareBulk | KeepFilter | AskDevice
            )
    }
}

impl Actor {
    /// Whose rows a read of this actor may see.
    pub fn scope(&self) -> Scope {
        match self {
            Actor::Member(member) => Scope::Organisation(member.organisation),
            Actor::Device(_) | Actor::Public | Actor::Platform => Scope::Nothing,
        }
    }

    /// The right to do `operation` to `subject`, or why not.
    pub fn permit(&self, operation: Operation, subject: impl Into<Subject>) -> Result<Permit, Refusal> {
        let subject = subject.into();
        let (name, organisation) = match self {
            Actor::Member(member) => {
                member_may(member, operation, subject)?;
                // the name of who erased would outlast what was erased
                let name = if operation == EraseOrganisation { member.role.name() } else { &*member.name };
                (name.to_owned(), Some(member.organisation))
            }
            Actor::Device(row) => {
                let own = matches!(
                    operation,
                    EnrolDevice | RenewDevice | UpdateDevice | EraseDevice | HearDevice | AnswerDevice
                );
                if !own || subject.device != Some(*row) {
                    return Err(Refusal::Device);
                }
                ("device".to_owned(), subject.owner)
            }
            Actor::Platform
                if matches!(
                    operation,
                    Initialise
                        | Restore
                        | Publish
                        | CreateOrganisation
                        | CreateToken
                        | EraseOrganisation
                        | RunCampaign
                        | RunBulk
                        | VoidDevice
                ) =>
            {
                ("platform".to_owned(), None)
            }
            // it stands in the audit of whose device, or whose member, it is
            Actor::Platform
                if matches!(
                    operation,
                    ContainDevice | OpenHousehold | WatchCode | EnterReport | AskDevice | ResetAccount
                ) =>
            {
                ("platform".to_owned(), subject.owner)
            }
            Actor::Public | Actor::Platform => return Err(Refusal::NoCredential),
        };
        let right = if let Actor::Member(member) = self { member.right } else { None };
        Ok(Permit { operation, actor: name, organisation, right })
    }
}

fn member_may(member: &Member, operation: Operation, subject: Subject) -> Result<(), Refusal> {
    let is = |who: Option<OrganisationRow>| who == Some(member.organisation);
    if !is(subject.maker) && !is(subject.owner) {
        return Err(Refusal::NotFound);
    }
    let Some((_, roles, relation, kind)) = RULES.iter().find(|rule| rule.0 == operation) else {
        return Err(Refusal::NoCredential);
    };
    if !roles.contains(&member.role) {
        let needed = roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or ");
        return Err(Refusal::Role { role: member.role.name(), needed });
    }
    match relation {
        Maker if !is(subject.maker) => return Err(Refusal::NotMaker),
        Owner if !is(subject.owner) => return Err(Refusal::NotOwner),
        Tenant | Maker | Owner => {}
    }
    match kind {
        Some(kind) if !member.kinds.has(*kind) => Err(Refusal::Kind(*kind)),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "permit_tests.rs"]
mod tests;
