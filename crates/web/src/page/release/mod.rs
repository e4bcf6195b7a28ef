//! Pages of releases.

mod list;
mod one;

pub use list::{Listed, render as list};
pub use one::{Runs, Shown, render as one};

use std::sync::Arc;
use tegata_domain::product::Product;
use tegata_usecase::release::Published;

/// How a release is published: the commands, with the product's id where it is known.
fn commands(product: &str) -> String {
    format!(
        "tegata release manifest --product {product} --version 1.0.0 --security-version 1 FILE > manifest\n\
         openssl dgst -sha256 -sign release.key -out manifest.sig manifest\n\
         curl -H \"Authorization: Bearer $TOKEN\" -F file=@FILE -F product={product} -F version=1.0.0 \
         -F security_version=1 -F signature=@manifest.sig $URL/api/v1/releases"
    )
}

/// A release with its product.
pub type Of = (Published, Arc<Product>);
