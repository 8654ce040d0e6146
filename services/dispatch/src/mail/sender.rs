//! Ways to send a mail.

use super::Mail;
use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::{Path, PathBuf};

/// Sends mails. The same mail may be sent more than once, with the same Message-ID.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one; the error says why not.
    async fn send(&self, mail: &Mail) -> Result<(), String>;
}

fn message(mail: &Mail, from: &str) -> Result<Message, String> {
    let from: Mailbox = from.parse().map_err(|error| format!("MAIL_FROM {from:?}: {error}"))?;
    let to: Mailbox = mail.to.parse().map_err(|error| format!("recipient: {error}"))?;
    Message::builder()
        .from(from)
        .to(to)
        .subject(&mail.subject)
        .message_id(Some(format!("<{}>", mail.id)))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone())
        .map_err(|error| error.to_string())
}

/// Sends through an SMTP server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: String,
}

impl SmtpMailer {
    /// A mailer for a server given as `smtp://user:password@host:port` or `smtps://…`.
    ///
    /// # Errors
    /// When the address cannot be understood.
    pub fn new(url: &str, from: &str) -> Result<Self, String> {
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| format!("SMTP_URL: {error}"))?.build();
        Ok(Self { transport, from: from.to_owned() })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), String> {
        let message = message(mail, &self.from)?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// Writes mails into a folder, one readable `.eml` file each.
pub struct FolderMailer {
    folder: PathBuf,
    from: String,
}

impl FolderMailer {
    /// A mailer that writes into `folder`.
    pub fn new(folder: &Path, from: &str) -> Self {
        Self { folder: folder.to_owned(), from: from.to_owned() }
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, mail: &Mail) -> Result<(), String> {
        let bytes = message(mail, &self.from)?.formatted();
        let name: String =
            mail.id.chars().map(|c| if c.is_ascii_alphanumeric() || "-.@".contains(c) { c } else { '_' }).collect();
        tokio::fs::create_dir_all(&self.folder).await.map_err(|error| error.to_string())?;
        tokio::fs::write(self.folder.join(format!("{name}.eml")), bytes).await.map_err(|error| error.to_string())
    }
}
