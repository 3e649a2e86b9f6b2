//! The command `riparian`: the library for those who do not write Rust.
//!
//! ```text
//! cargo install --path . --features cli
//! riparian new my-river && riparian run my-river
//! ```
//!
//! Answers go to standard output, faults and progress to standard error. There are colours where a
//! stream is a terminal and `NO_COLOR` is not set, and progress where standard error is one. With
//! `--json` answers and faults are JSON on standard output. A file named `-` is standard input or
//! output.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; water that runs short is no error |
//! | 1 | something failed, or the input is invalid |
//! | 2 | the command line is wrong |
//! | 3 | with `--strict`: something promised is short, or a limit exceeded |
//! | 130 | stopped by Ctrl-C; nothing is half written |

mod answer;
mod check;
mod compare;
mod difference;
mod ensemble;
mod import;
mod interrupt;
mod new;
mod odds;
mod outcome;
mod plan;
mod record;
mod report;
mod run;
mod schema;
mod settle;
mod share;
mod table;
mod terminal;
mod variations;
mod verdicts;

use std::io::Write;
use std::process::ExitCode;

use answer::{Answer, Failure};
use clap::{CommandFactory, Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0  done; water that runs short is no error
  1  something failed, or the input is invalid
  2  the command line is wrong
  3  with --strict: something promised is short, or a limit exceeded
  130  stopped by Ctrl-C; nothing is half written";

/// Shares the water of a river basin among its countries day by day, and settles what each
/// delivered against what it promised
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Answers, and faults too, as JSON on standard output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a small scenario to begin with
    New(new::Args),
    /// Makes a scenario of a model of Pywr
    Import(import::Args),
    /// Points at every fault of a scenario, without running it
    Check(check::Args),
    /// Simulates a scenario, settles its obligations and writes daily tables
    Run(run::Args),
    /// Settles agreements against measured series, without simulation
    Settle(settle::Args),
    /// Shows what is different between two scenarios or runs
    Compare(compare::Args),
    /// Writes a run as one page of HTML, or prints it as the bulletin
    Report(report::Args),
    /// Plans a season's releases ahead, as the bulletin that parties sign
    Plan(plan::Args),
    /// Runs a scenario many times with inflows, demands or storages that are not known for certain, and
    /// tells the odds of each obligation
    Ensemble(ensemble::Args),
    /// Shares an estate among claims by a rule
    Share(share::Args),
    /// Prints the JSON schema of a TOML file, for editors
    Schema(schema::Args),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    fn run(&self, json: bool) -> Result<Answer, Failure> {
        match self {
            Self::New(args) => args.run(json),
            Self::Import(args) => args.run(json),
            Self::Check(args) => args.run(json),
            Self::Run(args) => args.run(json),
            Self::Settle(args) => args.run(json),
            Self::Compare(args) => args.run(json),
            Self::Report(args) => args.run(json),
            Self::Plan(args) => args.run(json),
            Self::Ensemble(args) => args.run(json),
            Self::Share(args) => args.run(json),
            Self::Schema(args) => Ok(args.run()),
            Self::Completions { shell } => Ok(completions(*shell)),
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Answer {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "riparian", &mut text);
    Answer::text(String::from_utf8_lossy(&text))
}

fn main() -> ExitCode {
    // A wrong command line ends here, with code 2.
    let cli = Cli::parse();
    let (text, code) = match cli.command.run(cli.json) {
        Ok(answer) => (answer.text, answer.code),
        Err(failure) if cli.json => (format!("{:#}\n", failure.json()), failure.code()),
        Err(failure) => {
            let drawn = failure.drawn(terminal::error_colours());
            // Where standard error is closed, the exit code has to do.
            let _ = std::io::stderr().write_all(drawn.as_bytes());
            (String::new(), failure.code())
        }
    };
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => code.into(),
        // Whoever reads has read enough, as `head` does.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => code.into(),
        Err(_) => answer::code::FAILED.into(),
    }
}
