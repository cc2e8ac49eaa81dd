package dev.kiln.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Does once what most starts do, so that the JVM can keep the classes which that takes in its
 * archive: runs a kernel that is not in the cache, runs it from there, and checks a kernel file.
 * The launcher runs it when it writes the archive. What is printed does not matter.
 */
final class Rehearsal {
  private static final String KERNEL =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def softmax(x_ptr, out_ptr, n, WIDTH: tl.constexpr):
          at = tl.program_id(0) * WIDTH + tl.arange(0, WIDTH)
          x = tl.load(x_ptr + at, mask=at < n, other=-float("inf"))
          e = tl.exp(x - tl.max(x, axis=0))
          tl.store(out_ptr + at, e / tl.sum(e, axis=0), mask=at < n)
      """;

  private Rehearsal() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createTempDirectory("kiln-rehearsal");
    try {
      System.setProperty("kiln.cache", "on");
      System.setProperty("kiln.cache.dir", folder.resolve("cache").toString());
      Path file = Files.writeString(folder.resolve("softmax.py"), KERNEL);
      for (int time = 0; time < 2; time++) {
        kiln(
            ("run "
                    + file
                    + ":softmax --device cpu --grid 1 --arg x_ptr=rand:fp32:64:1"
                    + " --arg out_ptr=zeros:fp32:64 --arg n=64 --arg WIDTH=64")
                .split(" "));
      }
      // Meanwhile the second run's kernel is made ready beside, which reads from the cache.
      kiln("check", file.toString());
      kiln("cache", "clear");
    } finally {
      Files.deleteIfExists(folder.resolve("softmax.py"));
      Files.deleteIfExists(folder);
    }
  }

  private static void kiln(String... line) {
    KilnCommand.execute(line, new PrintWriter(System.out, true), new PrintWriter(System.err, true));
  }
}
