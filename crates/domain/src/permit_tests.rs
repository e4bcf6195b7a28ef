//! The table, seen from outside: who may do what to whose.

use super::*;

fn member(role: Role, organisation: i64, kinds: &[OrganisationKind]) -> Actor {
    Actor::Member(Member {
        organisation: OrganisationRow(organisation),
        kinds: Kinds::of(kinds),
        role,
        name: "token".into(),
        right: Some(Right::Token(TokenRow(7))),
    })
}

fn subject(maker: i64, owner: i64) -> Subject {
    Subject { maker: Some(OrganisationRow(maker)), owner: Some(OrganisationRow(owner)), device: Some(DeviceRow(1)) }
}

/// Operation × role, for a maker who also runs the platform and still owns the device.
#[test]
fn the_whole_table() {
    let mut table = String::new();
    for operation in Operation::listed() {
        table += &format!("{:<22}", operation.name());
        for role in Role::ALL {
            let actor = member(role, 1, &[Kind::Platform, Kind::Maker]);
            let may = actor.permit(operation, subject(1, 1)).is_ok();
            table += if may { " yes" } else { "  - " };
        }
        table = table.trim_end().to_owned() + "\n";
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_belongs_to_others_is_not_found() {
    for operation in Operation::listed() {
        for role in Role::ALL {
            let refusal = member(role, 3, &Kind::ALL).permit(operation, subject(1, 2)).unwrap_err();
            assert_eq!(refusal, Refusal::NotFound, "{operation:?} as {role:?}");
        }
    }
}

#[test]
fn maker_and_owner_have_their_own_acts() {
    let maker = member(Role::Administrator, 1, &[Kind::Maker]);
    let owner = member(Role::Administrator, 2, &[Kind::Operator]);
    assert_eq!(maker.permit(Operation::RetireDevice, subject(1, 2)).unwrap_err(), Refusal::NotOwner);
    assert_eq!(owner.permit(Operation::RecallDevice, subject(1, 2)).unwrap_err(), Refusal::NotMaker);
    assert!(owner.permit(Operation::QuarantineDevice, subject(1, 2)).is_ok());
    let no_maker = owner.permit(Operation::CreateProduct, Subject::of(OrganisationRow(2)));
    assert_eq!(no_maker.unwrap_err(), Refusal::Kind(Kind::Maker));
}

#[test]
fn devices_and_strangers() {
    let device = Actor::Device(DeviceRow(1));
    assert!(device.permit(Operation::EnrolDevice, subject(1, 2)).is_ok());
    assert!(device.permit(Operation::EraseDevice, subject(1, 2)).is_ok());
    let other = Subject { device: Some(DeviceRow(2)), ..subject(1, 2) };
    assert_eq!(device.permit(Operation::EnrolDevice, other).unwrap_err(), Refusal::Device);
    for operation in Operation::listed() {
        assert_eq!(device.permit(operation, subject(1, 1)).unwrap_err(), Refusal::Device);
        assert_eq!(Actor::Public.permit(operation, subject(1, 1)).unwrap_err(), Refusal::NoCredential);
    }
    assert!(Actor::Platform.permit(Operation::ContainDevice, subject(1, 2)).is_ok());
    assert_eq!(device.permit(Operation::ContainDevice, subject(1, 2)).unwrap_err(), Refusal::Device);
    for role in Role::ALL {
        let own = [Operation::EnrolDevice, Operation::RenewDevice, Operation::UpdateDevice, Operation::HearDevice];
        let platform = [Operation::ContainDevice, Operation::RunCampaign, Operation::VoidDevice, Operation::Publish];
        for operation in own.into_iter().chain([Operation::EraseDevice, Operation::Initialise]).chain(platform) {
            assert!(member(role, 1, &Kind::ALL).permit(operation, subject(1, 1)).is_err());
        }
    }
}

/// So the store judges the token again whatever is changed: no operation has a right without it.
#[test]
fn every_right_of_a_member_rests_on_its_token() {
    let kinds = [OrganisationKind::Platform, OrganisationKind::Maker, OrganisationKind::Operator];
    for operation in Operation::listed() {
        let permit = member(Administrator, 1, &kinds).permit(operation, subject(1, 1)).unwrap();
        assert_eq!(permit.right(), Some(Right::Token(TokenRow(7))), "{operation:?}");
        assert_eq!(permit.begun().right(), None);
    }
    let platform = Actor::Platform.permit(Operation::Publish, Subject::default()).unwrap();
    assert_eq!(platform.right(), None);
}
