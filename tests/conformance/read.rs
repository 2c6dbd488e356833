//! Downloads.

use super::*;

pub async fn bytes_come_from_any_offset(store: &Store) {
    let bytes: Vec<u8> = (0..200_000_u32).map(|at| (at % 253) as u8).collect();
    store.person.make_file("file", &bytes);
    let file = store.at("file").await;
    let item = store.provider.metadata(&file).await.expect("the file");
    for offset in [0, 1, 65_536, 199_999, 200_000] {
        let download = store.provider.read(&file, offset).await.expect("a start");
        let told = &download.item.revision;
        assert_eq!(settled(told), settled(&item.revision), "offset {offset}");
        assert_eq!(download.item.fingerprint, item.fingerprint);
        let parts: Vec<_> = download.bytes.try_collect().await.expect("all of it");
        let from = usize::try_from(offset).expect("a small offset");
        assert!(parts.concat() == bytes[from..], "offset {offset}");
    }
    store.person.make_file("empty", b"");
    let empty = store.at("empty").await;
    assert_eq!(store.bytes(&empty).await, b"");
}

pub async fn what_is_gone_cannot_be_read(store: &Store) {
    let folder = store.make_folder(&store.root(), "folder").await;
    let (file, _) = store.make_file(&folder, "file", b"1").await;
    let read = store.provider.read(&folder, 0).await;
    assert_eq!(
        kind(read),
        Some(ErrorKind::NotFound),
        "a folder has no bytes"
    );
    store.person.delete("folder/file");
    let read = store.provider.read(&file, 0).await;
    assert_eq!(kind(read), Some(ErrorKind::NotFound));
    let looked = store.provider.metadata(&file).await;
    assert_eq!(kind(looked), Some(ErrorKind::NotFound));
    store.person.delete("folder");
    let looked = store.provider.metadata(&file).await;
    assert_eq!(
        kind(looked),
        Some(ErrorKind::NotFound),
        "below what is gone"
    );
}
