//! Writes every page of every state in every language into a folder, to be looked at:
//! `cargo run --release -p tegata-web --example render -- FOLDER`.

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use std::path::PathBuf;
use tegata_document::label::{Label, svg};
use tegata_web::asset::stylesheet;
use tegata_web::language::Language;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: render FOLDER")?);
    std::fs::create_dir_all(&folder)?;
    let (path, body) = stylesheet();
    std::fs::write(folder.join("tegata.css"), body)?;
    for language in Language::ALL {
        let lang = language.tag();
        for (name, page) in fixture::pages::pages(lang) {
            std::fs::write(folder.join(format!("{name}.{lang}.html")), page.replace(path, "tegata.css"))?;
        }
    }
    let number = fixture::number().to_string();
    let product = fixture::camera();
    let url = format!("https://tegata.example/01/{}/21/EW210-000123?n={number}", product.gtin);
    let (model, gtin) = (&*product.model, &*product.gtin);
    let label = Label {
        url: &url,
        number: &number,
        model,
        maker: "Example Works",
        serial: "EW210-000123",
        gtin,
        password: None,
    };
    std::fs::write(folder.join("label.svg"), svg(&label)?)?;
    println!("{}", folder.display());
    Ok(())
}
