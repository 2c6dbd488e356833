//! The log.

use super::fresh;
use attache::store::{NewLogRow, StoreError};

fn line(what: &str) -> NewLogRow {
    NewLogRow {
        who: "admin".into(),
        what: what.into(),
        subject: "s".into(),
        reason: String::new(),
        outcome: "done".into(),
        detail: "{}".into(),
    }
}

#[tokio::test]
async fn a_log_cannot_be_changed_and_tampering_is_found() {
    let store = fresh().await.store;
    let appends = (0..20).map(|_| store.log(None, line("approve")));
    futures::future::try_join_all(appends)
        .await
        .expect("appended at once");
    assert_eq!(store.verify_log(None).await.expect("whole"), 20);
    for sql in [
        "update log set who = 'x'",
        "delete from log",
        "truncate log",
    ] {
        let error = sqlx::query(sql)
            .execute(store.pool())
            .await
            .expect_err("append-only");
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    // What somebody with all rights could do.
    for (sql, found) in [
        ("update log set who = 'x' where seq = 7", "at row 7"),
        ("delete from log where seq = 7", "at row 7"),
        ("delete from log where seq > 15", "after row 15"),
    ] {
        let sql = format!(
            "alter table log disable trigger user; create table kept as table log; {sql};
             alter table log enable trigger user"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(store.pool())
            .await
            .expect("done");
        let error = store.verify_log(None).await.expect_err("tampered");
        assert!(
            matches!(error, StoreError::Unreadable(_)) && error.to_string().contains(found),
            "{error}"
        );
        sqlx::raw_sql(
            "alter table log disable trigger user; delete from log; insert into log table kept;
             drop table kept; alter table log enable trigger user",
        )
        .execute(store.pool())
        .await
        .expect("restored");
        assert_eq!(store.verify_log(None).await.expect("whole again"), 20);
    }
}

#[tokio::test]
async fn a_chain_is_read_on_from_a_number() {
    let store = fresh().await.store;
    for what in ["a", "b", "c"] {
        store.log(None, line(what)).await.expect("logged");
    }
    let after = async |seq, limit| {
        let rows = store.log_after("sidecar", seq, limit).await.expect("read");
        rows.into_iter().map(|row| row.what).collect::<Vec<_>>()
    };
    assert_eq!(after(0, 2).await, ["a", "b"]);
    assert_eq!(after(2, 9).await, ["c"]);
    assert_eq!(after(3, 9).await, Vec::<String>::new());
    assert_eq!(store.log_after("other", 0, 9).await.expect("read"), []);
}
