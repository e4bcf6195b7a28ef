//! Labels under foreign eyes: drawn by rsvg-convert, read by zbarimg, at the sizes and faults of print.

use std::io::Write;
use std::process::{Command, Stdio};
use tegata_document::label::{Label, png, svg};

fn url(host: &str, serial: &str) -> String {
    format!("https://{host}/01/04512345678906/21/{serial}?n=7K3M-Q9TX-2HVD-R5WE")
}

fn label(url: &str) -> Label<'_> {
    Label {
        url,
        number: "7K3M-Q9TX-2HVD-R5WE",
        model: "EW-C210",
        maker: "エグザンプル工業 & Söhne <GmbH>",
        serial: "EW210-000123",
        gtin: "04512345678906",
        password: Some("0123-ABCD-WXYZ"),
    }
}

fn drawn(url: &str) -> String {
    svg(&label(url)).expect("an address that fits")
}

/// Runs a program of the test machine with `input` on stdin.
fn run(program: &str, package: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{program} is needed to read labels (apt-get install {package}): {e}"));
    child.stdin.take().expect("stdin is piped").write_all(input).expect("the program reads its input");
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What zbarimg reads from the drawing at so many dots an inch.
fn read(svg: &str, dpi: &str) -> String {
    let arguments = ["--dpi-x", dpi, "--dpi-y", dpi, "--format", "png"];
    scan(&run("rsvg-convert", "librsvg2-bin", &arguments, svg.as_bytes()))
}

/// What zbarimg reads from a PNG.
fn scan(png: &[u8]) -> String {
    let text =
        run("zbarimg", "zbar-tools", &["--quiet", "--raw", "--set", "disable", "--set", "qrcode.enable", "png:-"], png);
    String::from_utf8(text).expect("addresses are ASCII").trim_end().to_owned()
}

#[test]
fn reads_back_at_every_resolution() {
    for serial in ["1", "EW210-000123", "A-VERY-LONG-SERIAL-NUMBER-OF-A-THOROUGH-MAKER-0000001"] {
        for host in ["t.example", "lookup.identity-of-devices.example.co.jp"] {
            let url = url(host, serial);
            let svg = drawn(&url);
            for dpi in ["203", "300", "600"] {
                assert_eq!(read(&svg, dpi), url, "{dpi} dpi");
            }
        }
    }
}

#[test]
fn dots_read_back() {
    for serial in ["1", "EW210-000123", "A-VERY-LONG-SERIAL-NUMBER-OF-A-THOROUGH-MAKER-0000001"] {
        for host in ["t.example", "lookup.identity-of-devices.example.co.jp"] {
            let url = url(host, serial);
            assert_eq!(scan(&png(&label(&url)).expect("an address that fits")), url);
        }
    }
}

#[test]
fn reads_back_with_a_scratch() {
    let url = url("tegata.example", "EW210-000123");
    let scratch = "<path d=\"M9 12L20 15\" stroke=\"#fff\" stroke-width=\"1.2\"/></svg>\n";
    let svg = drawn(&url);
    let end = svg.rfind("</svg>").unwrap();
    assert_eq!(read(&format!("{}{scratch}", &svg[..end]), "300"), url);
}

#[test]
fn reads_back_at_half_the_size() {
    let url = url("tegata.example", "EW210-000123");
    let small = drawn(&url).replacen("width=\"60mm\" height=\"30mm\"", "width=\"36mm\" height=\"18mm\"", 1);
    assert_eq!(read(&small, "300"), url);
}
