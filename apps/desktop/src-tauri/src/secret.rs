//! What shell and agent share: 256 random bits, new at each start of the agent.
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// In memory, on the agent's standard input and in the page's address; never printed.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub fn random() -> Self {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).expect("the system has randomness");
        Secret(hex::encode(bytes))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether who listens on `port` knows the secret. Compares in constant time.
    pub fn proves(&self, port: u16, proof: &str) -> bool {
        let Ok(proof) = hex::decode(proof) else {
            return false;
        };
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("a key of any length fits");
        mac.update(format!("port:{port}").as_bytes());
        mac.verify_slice(&proof).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_only_who_knows_the_secret() {
        let secret = Secret("00".repeat(32));
        // node -e "…createHmac('sha256','00'.repeat(32)).update('port:4711').digest('hex')"
        let proof = "7ed0fc8f26efe6e3d7e3d99b5539b28940e628a2a564bca1fc22242166b5a400";
        assert!(secret.proves(4711, proof));
        assert!(!secret.proves(4712, proof));
        assert!(!secret.proves(4711, &proof.replace('a', "b")));
        for wrong in ["", "00", "not hex", &proof[2..]] {
            assert!(!secret.proves(4711, wrong), "{wrong}");
        }
        assert!(!Secret::random().proves(4711, proof));
    }

    #[test]
    fn is_new_each_time() {
        let (one, other) = (Secret::random(), Secret::random());
        assert_eq!(one.text().len(), 64);
        assert_ne!(one.text(), other.text());
    }
}
