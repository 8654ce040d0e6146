//! The delivery of emails, through SMTP or into a folder.

use super::{Message, MessageSender, SEND_TIMEOUT, SendError};
use async_trait::async_trait;
use contracts::Email;
use lettre::message::{Mailbox, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as MimeMessage, Tokio1Executor};
use std::path::{Path, PathBuf};

fn address(field: &'static str, text: &str) -> Result<Mailbox, SendError> {
    text.parse().map_err(|source| SendError::Address { field, source })
}

/// The address with its domain in ASCII: with letters of other scripts, only servers with SMTPUTF8 would accept it.
fn deliverable(text: &str) -> String {
    text.parse::<Email>().map_or_else(|_| text.to_owned(), |email| email.deliverable())
}

fn message(mail: &Message, from: &str) -> Result<MimeMessage, SendError> {
    let message = MimeMessage::builder()
        .from(address("MAIL_FROM", from)?)
        .to(address("recipient", &deliverable(&mail.to))?)
        .subject(&mail.subject)
        // Set by us, because a random one would differ between attempts.
        .message_id(Some(format!("<{}>", mail.id)))
        // Unlike a bare body, a part sets MIME-Version, without which the text is ASCII (RFC 2045, 4).
        .singlepart(SinglePart::plain(mail.body.clone()))?;
    Ok(message)
}

/// Sends emails through an SMTP server.
pub struct SmtpSender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: String,
}

impl SmtpSender {
    /// Creates a mailer for a server given as `smtp://user:password@host:port` or `smtps://…`. It does not connect yet.
    ///
    /// # Errors
    /// When the URL cannot be parsed.
    pub fn new(url: &str, from: &str) -> Result<Self, SendError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.build();
        Ok(Self { transport, from: from.to_owned() })
    }
}

#[async_trait]
impl MessageSender for SmtpSender {
    async fn send(&self, mail: &Message) -> Result<(), SendError> {
        // The client only limits each step of the conversation.
        tokio::time::timeout(SEND_TIMEOUT, self.transport.send(message(mail, &self.from)?))
            .await
            .map_err(|_| SendError::TimedOut)??;
        Ok(())
    }
}

/// Writes emails into a folder, one readable `.eml` file each.
pub struct FolderSender {
    folder: PathBuf,
    from: String,
}

impl FolderSender {
    /// Creates a mailer that writes into `folder`, which is created with the first email.
    pub fn new(folder: &Path, from: &str) -> Self {
        Self { folder: folder.to_owned(), from: from.to_owned() }
    }
}

#[async_trait]
impl MessageSender for FolderSender {
    async fn send(&self, mail: &Message) -> Result<(), SendError> {
        let bytes = message(mail, &self.from)?.formatted();
        // The id contains a host name from the settings, which must not choose the path.
        let name: String =
            mail.id.chars().map(|c| if c.is_ascii_alphanumeric() || "-.@".contains(c) { c } else { '_' }).collect();
        tokio::fs::create_dir_all(&self.folder).await?;
        tokio::fs::write(self.folder.join(format!("{name}.eml")), bytes).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::dispatch::MessageChannel;
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn mail(to: &str) -> Message {
        let text = |text: &str| text.to_owned();
        Message {
            id: text("1@shop"),
            channel: MessageChannel::Email,
            to: text(to),
            subject: text("Grüße"),
            body: text("Schöne Grüße\n"),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_message_declares_its_mime_version_and_sends_to_the_ascii_domain() {
        let bytes = message(&mail("info@müller.de"), "Shop <shop@example.com>").expect("a message").formatted();
        let text = String::from_utf8(bytes).expect("ASCII");
        assert!(text.contains("MIME-Version: 1.0\r\n"), "{text}");
        assert!(text.contains("To: info@xn--mller-kva.de\r\n"), "{text}");
    }

    proptest! {
        #[test]
        fn every_address_that_the_shop_accepts_can_be_sent_to(
            text in "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~öü-]{1,12}@[a-z0-9üé.-]{1,20}\\.[a-z]{1,4}"
        ) {
            if text.parse::<Email>().is_ok() {
                prop_assert!(message(&mail(&text), "Shop <shop@example.com>").is_ok(), "{}", text);
            }
        }
    }
}
