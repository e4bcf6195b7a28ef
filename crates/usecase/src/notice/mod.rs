//! Notices: messages to a person, entered with what gives the reason, sent afterwards, with a receipt.

mod contact;
mod enter;
mod read;
mod receipt;
mod send;
mod withdraw;

pub use contact::{contact, set_contact};
pub(crate) use enter::{found, notice};
pub use read::{Seen, list, of_device};
pub use receipt::{Linked, receive, receive_linked, show_linked};
pub use send::send_due;
pub(crate) use withdraw::withdraw;

use crate::cx::Inner;
use tegata_document::letter::{Facts, Language, Letter};
use tegata_domain::notice::Notice;
use tegata_domain::product::Sector;

/// Label of the code in the link of a receipt.
const LINK: &str = "notice link";
/// Bytes of that code.
const CODE: usize = 16;

fn sector(sector: Sector) -> &'static str {
    match sector {
        Sector::Camera => "camera",
        Sector::InfusionPump => "infusion_pump",
        Sector::VehicleGateway => "vehicle_gateway",
        Sector::Siren => "siren",
        Sector::SmartMeter => "smart_meter",
        Sector::Other => "other",
    }
}

/// The notice in words.
async fn letter(notice: &Notice, language: Language, cx: &Inner) -> crate::Result<(Letter, Option<String>)> {
    let device = match notice.device {
        Some(row) => cx.store.device().by_row(row).await?,
        None => None,
    };
    let entry = match &device {
        Some(device) => Some(crate::lookup::entry(device.product, cx).await?),
        None => None,
    };
    let number = device.as_ref().and_then(|d| cx.numbers.number(d.row.0)).map(|n| n.to_string());
    let day = notice.at.rfc3339();
    let product = entry.as_ref().map(|e| &*e.product);
    let contact = product.and_then(|p| p.contact.as_deref());
    let facts = Facts {
        kind: notice.kind.name(),
        sector: product.map_or("other", |p| sector(p.sector)),
        product: product.map_or("–", |p| &p.name),
        maker: entry.as_ref().map_or("–", |e| &e.maker),
        contact: contact.unwrap_or("–"),
        number: number.as_deref().unwrap_or_default(),
        day: day.get(..10).unwrap_or(&day),
    };
    let page = number.as_ref().map(|number| format!("{}/d/{number}", cx.names.public_url));
    Ok((Letter::write(language, &facts), page))
}
