"""Drives the interactive shell in a real pseudo-terminal, as a person would, and checks what is seen.

usage: shell.py WINNOW WORKDIR
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

PROMPT = "default> "
SLOW = "select max(sha2(repeat(cast(a.v * b.v as string), 200), 512)) from n a cross join n b cross join n c"


class Terminal:
    """A program on a pseudo-terminal of 40 lines that answers where its cursor is, as most terminals do."""

    def __init__(self, args: list, env: dict, answers: bool = True):
        self.answers = answers
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(args[0], args, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))

    def some(self) -> str:
        """What has come within a tenth of a second."""
        if not select.select([self.fd], [], [], 0.1)[0]:
            return ""
        try:
            text = os.read(self.fd, 65536).decode(errors="replace")
        except OSError:
            time.sleep(0.1)
            return ""
        for _ in range(text.count("\x1b[6n") if self.answers else 0):
            self.send("\x1b[20;10R")
        return text

    def read(self, timeout: float) -> str:
        end, out = time.time() + timeout, ""
        while time.time() < end:
            out += self.some()
        return out

    def until(self, want: str, timeout: float = 60) -> str:
        """Reads until the pattern has come and nothing more; returns it without colours and cursor movements."""
        end, out = time.time() + timeout, ""
        while time.time() < end:
            more = self.some()
            out += more
            if not more and re.search(want, plain(out)):
                return plain(out)
        raise AssertionError(f"no {want!r} within {timeout} s in {out[-2000:]!r}")

    def send(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def end(self, timeout: float = 20) -> int:
        end = time.time() + timeout
        while time.time() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            self.read(0.1)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError("the shell does not end")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>78]|\x1b\][^\x07]*\x07", "", text).replace("\r", "")


def main() -> int:
    winnow, work = os.path.abspath(sys.argv[1]), os.path.join(sys.argv[2], "shell")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.join(work, "n"))
    with open(os.path.join(work, "n", "a"), "w") as f:
        f.writelines(f"{i}\n" for i in range(1000))
    env = {"PATH": os.environ["PATH"], "HOME": work, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    args = [winnow, "sql", "--warehouse", os.path.join(work, "warehouse")]
    t = Terminal(args, env)
    checks = []

    def check(name: str, ok: bool, seen: str = "") -> None:
        checks.append((name, ok))
        print(f"{'ok    ' if ok else 'FAILED'} {name}" + ("" if ok else f": {seen[-600:]!r}"))

    t.until(PROMPT)
    t.send(f"create external table n (v int) location '{work}/n';\r")
    t.until(PROMPT + "$")
    t.send("select 1 +\r")
    t.send("1 as two;\r")
    seen = t.until(r"two[\s\S]*2[\s\S]*" + PROMPT + "$")
    check("a statement over two lines", True)
    t.send("select sum(v) from n;\r")
    raw = ""
    end = time.time() + 60
    while PROMPT not in plain(raw)[-len(PROMPT) - 4:] and time.time() < end:
        raw += t.read(0.2)
    check("colours while typing", "\x1b[" in raw and "499500" in plain(raw), raw)
    for command, want in (
        ("help", r"\\dt"), ("\\d", r"\bn\b"), ("\\dt", r"\bn\b"), ("\\d n", r"\bv\b[\s\S]*int"), ("\\timing", r"(?i)timing"),
        ("\\x", r"(?i)vertical|expanded"),
    ):
        t.send(command + "\r")
        seen = t.until(PROMPT + "$")
        check(command, re.search(want, seen) is not None, seen)
    t.send("select 7 as lucky;\r")
    seen = t.until(PROMPT + "$")
    check("\\x shows columns as lines", re.search(r"lucky\s*\|?:?\s*7", seen) is not None, seen)
    t.send("\\x\r")
    t.until(PROMPT + "$")
    out = os.path.join(work, "out.txt")
    t.send(f"\\o {out}\r")
    t.until(PROMPT + "$")
    t.send("select 4711 as n;\r")
    seen = t.until(PROMPT + "$")
    t.send("\\o\r")
    t.until(PROMPT + "$")
    check("\\o writes to a file", "4711" in open(out).read(), seen)
    t.send("sel\t")
    seen = t.read(1.5)
    check("completion of a keyword", "select" in plain(seen).lower(), seen)
    t.send("\x03")
    t.until(PROMPT + "$")
    t.send("select lengt\t")
    seen = t.read(1.5)
    check("completion of a function", "length" in plain(seen), seen)
    t.send("\x03")
    t.until(PROMPT + "$")
    t.send("selec 1;\r")
    seen = t.until(PROMPT + "$")
    check("a syntax error has its place", re.search(r"1:1[\s\S]*\^", seen) is not None, seen)
    begun = time.time()
    t.send(SLOW + ";\r")
    seen = t.read(4)
    check("a progress line", re.search(r"\d+\s*/\s*\d+|splits|%", plain(seen).replace(SLOW, "")) is not None, seen)
    t.send("\x03")
    seen = t.until(PROMPT + "$", 20)
    check("Ctrl-C ends the query, not the shell", time.time() - begun < 15 and re.search(r"(?i)cancel", seen) is not None, seen)
    t.send("select 12345 + 1 as after;\r")
    seen = t.until(PROMPT + "$")
    check("the shell lives on", "12346" in seen, seen)
    t.send("quit\r")
    check("quit ends with 0", t.end() == 0)

    t = Terminal(args, env)
    t.until(PROMPT)
    t.send("\x1b[A\x1b[A")
    seen = t.read(1.5)
    check("history of the session before", "12345 + 1" in plain(seen), seen)
    t.send("\x03")
    t.until(PROMPT + "$")
    t.send("\x04")
    check("Ctrl-D ends with 0", t.end() == 0)

    t = Terminal(args, env, answers=False)
    t.send("select 40 + 2 as early;\r")
    seen = t.until(r"early[\s\S]*42[\s\S]*" + PROMPT + "$", 20)
    t.send("select 50 + 3 as late;\r")
    seen = t.until(r"late[\s\S]*53[\s\S]*" + PROMPT + "$", 20)
    check("a terminal that does not tell where its cursor is, a statement typed before the prompt", True)
    t.send("quit\r")
    check("quit ends with 0 there too", t.end() == 0)

    run = subprocess.run([*args, "-q", "-e", "select v from n"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    check("not interactive: rows on standard output only", run.returncode == 0 and run.stdout.split()[:2] == ["v", "0"] and run.stderr == "", run.stdout[:50] + run.stderr)
    pipe = subprocess.run(["bash", "-c", f"'{winnow}' sql --warehouse '{work}/warehouse' -q -e 'select a.v from n a cross join n b' | head -n 1; exit ${{PIPESTATUS[0]}}"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, timeout=60)
    check("a closed pipe ends quietly", pipe.stderr == "" and pipe.stdout == "v\n", f"{pipe.returncode} {pipe.stderr}")
    for sql, code in (("select 1", 0), ("selec", 1), ("select * from nowhere", 1), ("set winnow.nothing=1", 2)):
        run = subprocess.run([*args, "-q", "-e", sql], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
        check(f"exit code of {sql!r}", run.returncode == code, f"{run.returncode}")
    for i in range(100):
        os.makedirs(os.path.join(work, "many", f"d={i}"))
        with open(os.path.join(work, "many", f"d={i}", "a"), "w") as f:
            f.write("1\n")
    many = f"create external table many (v int) partitioned by (d int) location '{work}/many'; msck repair table many; select sum(v) from many"
    run = subprocess.run(["bash", "-c", f"ulimit -n 64; exec '{winnow}' sql --warehouse '{work}/w2' -q --format tsv -e \"{many}\""],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})
    check("64 descriptors for 100 files, no HOME", run.returncode == 0 and run.stdout.split()[-1:] == ["100"], run.stdout + run.stderr)
    failed = [name for name, ok in checks if not ok]
    print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
