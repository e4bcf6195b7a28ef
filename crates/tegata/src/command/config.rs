//! `tegata config show`.

use super::{Configured, Failure};
use crate::config::{self, Values};
use clap::{Args, Subcommand};

/// Show the configuration.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tegata config show\n  TEGATA_SERVER_HTTPS=0.0.0.0:443 tegata config show --config \
    tegata.toml"
)]
pub struct Config {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Print every value, where it comes from, and what it does
    #[command(after_help = "Example:\n  tegata config show --config tegata.toml")]
    Show {
        #[command(flatten)]
        configured: Configured,
        /// Answer with one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: Config) -> Result<(), Failure> {
    let Act::Show { configured, json } = command.act;
    let values = configured.values()?;
    config::Config::from(&values)?;
    if json {
        println!("{}", object(&values))
    } else {
        tell(&values)
    }
    Ok(())
}

fn object(values: &Values) -> serde_json::Value {
    let entry = |(key, value, source): (&str, std::borrow::Cow<'_, str>, &config::Source)| {
        (key.to_owned(), serde_json::json!({ "value": value, "source": source.to_string() }))
    };
    serde_json::Value::Object(values.list().map(entry).collect())
}

fn tell(values: &Values) {
    for key in config::keys() {
        let Some((_, value, source)) = values.list().find(|(name, ..)| *name == key.name) else { continue };
        println!("{} = \"{value}\"  ({source})", key.name);
        println!("    {}", key.manual);
    }
}
