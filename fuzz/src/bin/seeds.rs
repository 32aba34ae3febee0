//! Writes each target's seeds: `seeds DIR` makes `DIR/TARGET/N`.

fn main() -> std::io::Result<()> {
    let dir = std::env::args_os().nth(1).expect("a directory");
    for target in gauze_fuzz::TARGETS {
        let dir = std::path::Path::new(&dir).join(target.name);
        std::fs::create_dir_all(&dir)?;
        for (n, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(dir.join(n.to_string()), seed)?;
        }
    }
    Ok(())
}
