//! Secrets at rest.

use super::{connected, database, fresh};
use attache::store::{Seal, Store, StoreError};
use secrecy::{ExposeSecret as _, SecretString};
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn a_secret_opens_only_with_its_key_at_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let seal = Seal::in_folder(folder.path()).expect("a key");
    let sealed = seal.seal("connections/1/secrets", &SecretString::from("grüße"));
    let again = Seal::in_folder(folder.path()).expect("the same key");
    let opened = again.open("connections/1/secrets", &sealed).expect("opens");
    assert_eq!(opened.expose_secret(), "grüße");
    assert_ne!(
        sealed,
        seal.seal("connections/1/secrets", &SecretString::from("grüße")),
        "every sealing has a nonce of its own"
    );
    assert!(seal.open("connections/2/secrets", &sealed).is_err());
    let other = tempfile::tempdir().expect("a folder");
    let other = Seal::in_folder(other.path()).expect("a key");
    let error = other
        .open("connections/1/secrets", &sealed)
        .expect_err("another key");
    assert!(error.to_string().contains("seal.key"), "{error}");
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert!(
            seal.open("connections/1/secrets", &damaged).is_err(),
            "byte {at}"
        );
    }
    assert!(seal.open("connections/1/secrets", &sealed[..10]).is_err());
}

#[test]
fn the_key_file_is_private_and_never_made_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("seal.key");
    Seal::in_folder(folder.path()).expect("a key");
    let mode = |bits| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(bits));
    let found = std::fs::metadata(&file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(found & 0o777, 0o600);
    mode(0o644).expect("chmod");
    let error = Seal::in_folder(folder.path()).expect_err("others may read it");
    assert!(error.to_string().contains("chmod 600"), "{error}");
    mode(0o600).expect("chmod");
    std::fs::write(&file, "abc").expect("written");
    assert!(
        Seal::in_folder(folder.path()).is_err(),
        "a damaged key is refused"
    );
    assert_eq!(std::fs::read_to_string(&file).expect("read"), "abc");
}

#[test]
fn starters_at_once_agree_on_one_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let sealed: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let seal = Seal::in_folder(folder.path()).expect("a key");
                    seal.seal("here", &SecretString::from("x"))
                })
            })
            .collect();
        starters
            .into_iter()
            .map(|one| one.join().expect("no panic"))
            .collect()
    });
    let seal = Seal::in_folder(folder.path()).expect("the key");
    for one in sealed {
        assert!(seal.open("here", &one).is_ok());
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("listed").count(),
        1,
        "no draft is left"
    );
}

#[tokio::test]
async fn a_database_refuses_another_key_when_it_is_opened() {
    let fresh = fresh().await;
    let other = tempfile::tempdir().expect("a folder");
    let wrong = Seal::in_folder(other.path()).expect("a key");
    let error = Store::open(&fresh.url, wrong)
        .await
        .expect_err("another key");
    assert!(matches!(error, StoreError::Sealed(_)), "{error}");
    let right = Seal::in_folder(fresh.folder.path()).expect("the key");
    Store::open(&fresh.url, right).await.expect("the right key");
}

#[tokio::test]
async fn no_secret_is_readable_in_the_database_and_a_copied_one_does_not_open() {
    let fresh = fresh().await;
    connected(&fresh.store).await;
    let rows: Vec<String> = sqlx::query_scalar(
        "select row_to_json(d)::text || encode(d.key, 'escape') || encode(d.secret, 'escape') from databases d
         union all select row_to_json(c)::text || encode(c.secrets, 'escape') from connections c",
    )
    .fetch_all(fresh.store.pool())
    .await
    .expect("rows");
    assert_eq!(rows.len(), 2);
    for row in rows {
        for secret in ["the key", "the secret", "password"] {
            assert!(!row.contains(secret), "{row}");
        }
    }
    let read = fresh
        .store
        .database(&database().uuid)
        .await
        .expect("it opens");
    assert_eq!(read.key.expose_secret(), "the key");
    assert!(!format!("{read:?}").contains("the key"));
    sqlx::query("update databases set key = secret")
        .execute(fresh.store.pool())
        .await
        .expect("updated");
    let error = fresh
        .store
        .database(&database().uuid)
        .await
        .expect_err("copied");
    assert!(matches!(error, StoreError::Sealed(_)), "{error}");
}
