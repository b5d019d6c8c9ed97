# The declaration is jobs.wit; the class has the name of its resource.
import threading


class Job:
    def __init__(self, to):
        self.to, self.sum = to, None
        self.thread = threading.Thread(target=self.count)
        self.thread.start()

    def count(self):
        if self.to < 1_000_000:
            self.sum = sum(range(self.to + 1))

    def wait(self):
        self.thread.join()
        return self.sum if self.sum is not None else ValueError(f"{self.to} is too far")
