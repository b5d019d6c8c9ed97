import amphi
import jobs
import machine

one, other = jobs.Job(1000), jobs.Job(10**9)
print(machine.files())
print(machine.run("print(6 * 7)"), end="")
print(machine.digests(["a", "b"], lambda digest: print("done", digest)))
print(one.wait())
try:
    other.wait()
except amphi.HostError as error:
    print("refused:", error)


def fails(digest):
    raise KeyError(digest)


# What the script raises passes through the machine's Python, and comes back as itself.
try:
    machine.digests(["c"], fails)
except KeyError as error:
    print("from", error.__traceback__.tb_next is not None, error)
