//! The delivery of emails, through SMTP or into a folder.

use super::Mail;
use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The reason why an email was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// An address cannot be parsed.
    #[error("{field}: {source}")]
    Address {
        /// The setting or header that holds the address.
        field: &'static str,
        source: lettre::address::AddressError,
    },
    /// The message cannot be composed.
    #[error("the message cannot be composed: {0}")]
    Message(#[from] lettre::error::Error),
    /// The SMTP server cannot be reached, or refused the message.
    #[error("SMTP: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The SMTP server did not accept the message in time.
    #[error("SMTP: not accepted within {} seconds", SEND_TIMEOUT.as_secs())]
    TimedOut,
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
}

/// The time limit of one email.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends emails, each within 30 seconds. The same email may be sent more than once, with the same Message-ID.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one email.
    ///
    /// # Errors
    /// When it was not accepted for delivery.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

fn address(field: &'static str, text: &str) -> Result<Mailbox, MailError> {
    text.parse().map_err(|source| MailError::Address { field, source })
}

fn message(mail: &Mail, from: &str) -> Result<Message, MailError> {
    let message = Message::builder()
        .from(address("MAIL_FROM", from)?)
        .to(address("recipient", &mail.to)?)
        .subject(&mail.subject)
        // Set by us, because a random one would differ between attempts.
        .message_id(Some(format!("<{}>", mail.id)))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone())?;
    Ok(message)
}

/// Sends emails through an SMTP server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: String,
}

impl SmtpMailer {
    /// Creates a mailer for a server given as `smtp://user:password@host:port` or `smtps://…`. It does not connect yet.
    ///
    /// # Errors
    /// When the URL cannot be parsed.
    pub fn new(url: &str, from: &str) -> Result<Self, MailError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build();
        Ok(Self { transport, from: from.to_owned() })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        // The client only limits each step of the conversation.
        tokio::time::timeout(SEND_TIMEOUT, self.transport.send(message(mail, &self.from)?))
            .await
            .map_err(|_| MailError::TimedOut)??;
        Ok(())
    }
}

/// Writes emails into a folder, one readable `.eml` file each.
pub struct FolderMailer {
    folder: PathBuf,
    from: String,
}

impl FolderMailer {
    /// Creates a mailer that writes into `folder`, which is created with the first email.
    pub fn new(folder: &Path, from: &str) -> Self {
        Self { folder: folder.to_owned(), from: from.to_owned() }
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let bytes = message(mail, &self.from)?.formatted();
        // The id contains a host name from the settings, which must not choose the path.
        let name: String =
            mail.id.chars().map(|c| if c.is_ascii_alphanumeric() || "-.@".contains(c) { c } else { '_' }).collect();
        tokio::fs::create_dir_all(&self.folder).await?;
        tokio::fs::write(self.folder.join(format!("{name}.eml")), bytes).await?;
        Ok(())
    }
}
