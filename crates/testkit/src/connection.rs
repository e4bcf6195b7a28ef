//! One HTTPS connection by hand (HTTP/1.1, RFC 9112): under a chosen name, with a chosen TLS, requests one after the
//! other, and a stream that is answered while it is sent.
//!
//! Why beside [`crate::Api`]: a held connection, a resumed session and a half-sent stream are states of one
//! connection, which a client with a pool hides.

use crate::api::{Answer, Message};
use crate::tls::Client;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Error, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use crate::wait::BOUND;

/// A connection.
pub struct Connection {
    wire: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    host: String,
}

fn broken(what: &str) -> Error {
    Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

impl Connection {
    /// To the port of `at` on loopback, asking for `name` (an address sends no name), through the handshake.
    pub fn open(at: SocketAddr, name: &str, client: &Client) -> io::Result<Connection> {
        let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, at.port()))?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(BOUND))?;
        let server = ServerName::try_from(name.to_owned()).map_err(Error::other)?;
        let tls = ClientConnection::new(client.config.clone(), server).map_err(Error::other)?;
        let mut stream = StreamOwned::new(tls, tcp);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Connection { wire: BufReader::new(stream), host: format!("{name}:{}", at.port()) })
    }

    /// Its TLS.
    pub fn tls(&self) -> &ClientConnection {
        &self.wire.get_ref().conn
    }

    /// Whether the server recognised an earlier session.
    pub fn is_resumed(&self) -> bool {
        self.tls().handshake_kind() == Some(rustls::HandshakeKind::Resumed)
    }

    /// Sends a request and reads its answer.
    pub fn call(&mut self, message: &Message) -> io::Result<Answer> {
        let mut head = self.head(message);
        head += &format!("content-length: {}\r\n\r\n", message.body.len());
        self.write(&[head.as_bytes(), &message.body].concat())?;
        let (status, headers) = self.read_head()?;
        let body = self.read_body(&headers)?;
        Ok(Answer { status, headers, body })
    }

    /// Begins a request whose body follows in parts, and reads the head of its answer after the first part.
    pub fn stream(mut self, message: &Message) -> io::Result<Stream> {
        let head = self.head(message) + "transfer-encoding: chunked\r\n\r\n";
        self.write(head.as_bytes())?;
        Ok(Stream { connection: self, headers: None, text: Vec::new(), ended: false })
    }

    fn head(&self, message: &Message) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {}\r\n", message.method, message.path, self.host);
        message.headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        head
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.wire.get_mut();
        stream.write_all(bytes)?;
        stream.flush()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.wire.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    fn read_head(&mut self) -> io::Result<(u16, HeaderMap)> {
        let first = self.line()?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| broken(&first))?;
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok((status, headers));
            }
            let (name, value) = line.split_once(':').ok_or_else(|| broken(&line))?;
            let name = HeaderName::try_from(name).map_err(|_| broken(&line))?;
            headers.append(name, HeaderValue::try_from(value.trim()).map_err(|_| broken(&line))?);
        }
    }

    fn read_body(&mut self, headers: &HeaderMap) -> io::Result<Vec<u8>> {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let mut body = Vec::new();
        if text("transfer-encoding") == "chunked" {
            while self.read_chunk(&mut body)? {}
        } else {
            let length: usize = text("content-length").parse().unwrap_or(0);
            body.resize(length, 0);
            self.wire.read_exact(&mut body)?;
        }
        Ok(body)
    }

    /// Reads one chunk to the end of `body`; false for the last.
    fn read_chunk(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        let size = self.line()?;
        let size = usize::from_str_radix(&size, 16).map_err(|_| broken(&size))?;
        let start = body.len();
        body.resize(start + size, 0);
        self.wire.read_exact(&mut body[start..])?;
        let end = self.line()?;
        if end.is_empty() { Ok(size > 0) } else { Err(broken(&end)) }
    }
}

/// A request whose body is still being sent, and whose answer is read line by line.
pub struct Stream {
    connection: Connection,
    headers: Option<HeaderMap>,
    /// Read, but not taken yet.
    text: Vec<u8>,
    ended: bool,
}

impl Stream {
    /// Sends more of the body.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let head = format!("{:x}\r\n", bytes.len());
        self.connection.write(&[head.as_bytes(), bytes, b"\r\n"].concat())
    }

    /// Ends the body.
    pub fn end(&mut self) -> io::Result<()> {
        self.connection.write(b"0\r\n\r\n")
    }

    /// The next line of the answer; `None` at its end. The answer must have status 200.
    pub fn line(&mut self) -> io::Result<Option<String>> {
        if self.headers.is_none() {
            let (status, headers) = self.connection.read_head()?;
            if status != 200 {
                let body = self.connection.read_body(&headers)?;
                return Err(broken(&format!("{status}: {}", String::from_utf8_lossy(&body))));
            }
            self.headers = Some(headers);
        }
        loop {
            if let Some(end) = self.text.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.text.drain(..=end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
            if self.ended {
                return Ok(None);
            }
            self.ended = !self.connection.read_chunk(&mut self.text)?;
        }
    }
}
