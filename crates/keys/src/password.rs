//! Pass phrases of people: Argon2id (RFC 9106), the crate's defaults, which follow OWASP, and what may be one.
//!
//! Why no list of leaked ones: of what has twelve letters or more, lists hold what is built of few ideas: a known word, a
//! row of keys, the same again. [`judge`] looks for these ideas and counts what is left.
//! Invariant: [`opens`] takes the same time whether or not there is an account with a password.

use crate::signer::KeyError;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};

/// Characters that a password has at least (NIST SP 800-63B-4 §3.1.1.2 asks for eight beside another factor, and fifteen
/// without; tries against the server are counted).
pub const MIN: usize = 12;

/// Characters that it has at most.
pub const MAX: usize = 256;

/// Characters that must be left when known words and rows of keys are taken out.
const OF_ITS_OWN: usize = 6;

/// The hash of random bytes that nobody kept, made as [`hash`] makes them.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$S2C7hKu0b8+KoNOchRPsCA$\
                      9VVcYem6IiGd86/ibv2eCOLf1vEBGrkCqRSA9WcFZow";

/// Why a password cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    /// Under [`MIN`] characters.
    #[error("a password has at least {MIN} characters")]
    Short,
    /// Over [`MAX`] characters.
    #[error("a password has at most {MAX} characters")]
    Long,
    /// The log-in name and little else.
    #[error("this password is little more than the log-in name")]
    Login,
    /// A word, a row of keys or the same again, and little else.
    #[error("this password is among the first that anybody would try: a known word, a row of keys, or the same again")]
    Common,
}

/// A PHC string with the given salt.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, KeyError> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    Ok(hash.map_err(|_| KeyError("password"))?.to_string())
}

/// Whether the password is the one behind the hash.
pub fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether the password opens an account; `hash` is `None` where there is none, or none with a password, and takes as long.
pub fn opens(password: &str, hash: Option<&str>) -> bool {
    let right = verify(password, hash.unwrap_or(NOBODY));
    right && hash.is_some()
}

/// Whether this may be the password of who logs in as `login`.
pub fn judge(password: &str, login: &str) -> Result<(), Weak> {
    let count = password.chars().count();
    if count < MIN {
        return Err(Weak::Short);
    }
    if count > MAX {
        return Err(Weak::Long);
    }
    let letters = plain(password);
    let login = plain(login);
    if login.len() >= 3 {
        let left = without(&letters, &[&login]).len();
        if left < letters.len() && left < OF_ITS_OWN {
            return Err(Weak::Login);
        }
    }
    let words: Vec<Vec<char>> = KNOWN.iter().map(|word| plain(word)).collect();
    let mut words: Vec<&[char]> = words.iter().map(Vec::as_slice).collect();
    if login.len() >= 3 {
        words.push(&login);
    }
    match told(&without(&letters, &words)) {
        ..OF_ITS_OWN => Err(Weak::Common),
        _ => Ok(()),
    }
}

/// Lower case, and nothing but letters, digits and signs that stand for letters.
fn plain(text: &str) -> Vec<char> {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, '@' | '$' | '!')).collect()
}

/// As it is read by who writes `p@ssw0rd`.
fn read(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// What is left without these words.
fn without(letters: &[char], words: &[&[char]]) -> Vec<char> {
    let mut kept = vec![true; letters.len()];
    for word in words.iter().filter(|word| !word.is_empty()) {
        for (at, window) in letters.windows(word.len()).enumerate() {
            if window.iter().zip(*word).all(|(a, b)| a == b || read(*a) == read(*b)) {
                kept[at..at + word.len()].fill(false);
            }
        }
    }
    letters.iter().zip(kept).filter_map(|(letter, kept)| kept.then_some(*letter)).collect()
}

/// Characters that neither go on in a row nor stand again where the same stood one to six before.
fn told(letters: &[char]) -> usize {
    let foreseen = |at: usize| {
        let again = (1..=6).any(|back| at >= back && letters[at] == letters[at - back]);
        again || at > 0 && beside(letters[at - 1], letters[at])
    };
    (0..letters.len()).filter(|at| !foreseen(*at)).count()
}

/// Whether two letters follow each other in the alphabet, among the digits, or on a keyboard.
fn beside(a: char, b: char) -> bool {
    const ROWS: [&str; 15] = [
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "qwertzuiop",
        "yxcvbnm",
        "azertyuiop",
        "1234567890",
        "1qaz",
        "2wsx",
        "3edc",
        "4rfv",
        "5tgb",
        "6yhn",
        "7ujm",
        "890",
    ];
    if (a as u32).abs_diff(b as u32) == 1 {
        return true;
    }
    let next = |row: &str| row.chars().zip(row.chars().skip(1)).any(|pair| pair == (a, b) || pair == (b, a));
    ROWS.iter().any(|row| next(row))
}

/// What passwords are built of first.
const KNOWN: [&str; 64] = [
    "password",
    "passwort",
    "passwd",
    "pass",
    "word",
    "letmein",
    "welcome",
    "willkommen",
    "admin",
    "administrator",
    "iloveyou",
    "love",
    "dragon",
    "monkey",
    "football",
    "baseball",
    "soccer",
    "sunshine",
    "princess",
    "master",
    "login",
    "secret",
    "geheim",
    "changeme",
    "change",
    "default",
    "root",
    "user",
    "test",
    "guest",
    "tegata",
    "shadow",
    "superman",
    "batman",
    "trustno",
    "michael",
    "jordan",
    "summer",
    "winter",
    "spring",
    "autumn",
    "hello",
    "hallo",
    "january",
    "december",
    "computer",
    "internet",
    "google",
    "samsung",
    "pokemon",
    "starwars",
    "freedom",
    "whatever",
    "company",
    "sakura",
    "nihon",
    "japan",
    "tokyo",
    "arigatou",
    "aishiteru",
    "doraemon",
    "パスワード",
    "ぱすわーど",
    "さくら",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifies() {
        let hash = hash("correct horse", &[1; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(verify("correct horse", &hash));
        assert!(!verify("wrong horse", &hash));
        assert!(!verify("correct horse", "nonsense"));
    }

    /// The same work: what [`verify`] reads of a hash, and so what it costs, is the same for nobody's.
    #[test]
    fn an_unknown_name_costs_as_much() {
        let hash = hash("correct horse", &[1; 16]).unwrap();
        let parts = |hash: &str| {
            let parts: Vec<String> = hash.split('$').map(str::to_owned).collect();
            (parts[..4].to_vec(), parts[4].len(), parts[5].len())
        };
        assert_eq!(parts(&hash), parts(NOBODY));
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert!(opens("correct horse", Some(&hash)));
        assert!(!opens("correct horse", None));
        assert!(!opens("wrong horse", Some(&hash)));
    }

    #[test]
    fn what_may_be_a_password() {
        let good = [
            "correct horse battery staple",
            "kX9#vT2mQ!p7",
            "月が綺麗ですね、と言われた夜",
            "blue-lamp-under-my-table",
            "Password of my grandmother's cat",
            "hanako likes cold coffee",
            "aZ3k9fQw2LmX",
        ];
        for password in good {
            assert_eq!(judge(password, "hanako"), Ok(()), "{password}");
        }
        let bad = [
            ("elevenchars", Weak::Short),
            ("", Weak::Short),
            (&*"x9".repeat(129), Weak::Long),
            ("hanako-hanako", Weak::Login),
            ("Hanako.Hanako!", Weak::Login),
            ("H4n4k0hanako12", Weak::Login),
            ("password1234", Weak::Common),
            ("P@ssw0rd2024!!", Weak::Common),
            ("qwertyuiop12", Weak::Common),
            ("1qaz2wsx3edc", Weak::Common),
            ("123456789012", Weak::Common),
            ("abcdefghijkl", Weak::Common),
            ("aaaaaaaaaaaa", Weak::Common),
            ("abcabcabcabc", Weak::Common),
            ("hanako password", Weak::Common),
            ("パスワード1234567", Weak::Common),
            ("------------", Weak::Common),
        ];
        for (password, why) in bad {
            assert_eq!(judge(password, "hanako"), Err(why), "{password}");
        }
        assert_eq!(judge("jo jo jo jo jo jo", "jo"), Err(Weak::Common), "a short name is no word");
        assert_eq!(judge("kX9#vT2mQ!p7", ""), Ok(()));
    }
}
