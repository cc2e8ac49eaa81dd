package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.cli.KilnCommand;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.cuda.driver.SimulatedDriver;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line on the device {@code cuda}. */
@CudaTest
class RunOnCudaTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void closeDevices() {
    Devices.byName("cuda").close();
  }

  private int kiln(String... arguments) {
    return KilnCommand.execute(arguments, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private Path kernel() throws IOException {
    try (var source = getClass().getResourceAsStream("scenario.py")) {
      Path file = folder.resolve("scenario.py");
      Files.copy(source, file);
      return file;
    }
  }

  @Test
  void aKernelRunsByItsName() throws IOException {
    int status =
        kiln(
            "run",
            kernel() + ":increment",
            "--device",
            "cuda",
            "--grid",
            "2",
            "--arg",
            "x_ptr=arange:fp32:40",
            "--arg",
            "y_ptr=zeros:fp32:40",
            "--arg",
            "n=40",
            "--arg",
            "BLOCK=32");
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).contains("y_ptr");
    assertThat(status).isZero();
  }

  @Test
  void aFaultOfAKernelIsAMessage(SimulatedDriver driver) throws IOException {
    int status =
        kiln(
            "run",
            kernel() + ":increment",
            "--device",
            "cuda",
            "--grid",
            "400",
            "--arg",
            "x_ptr=arange:fp32:40",
            "--arg",
            "y_ptr=zeros:fp32:40",
            "--arg",
            "n=12800",
            "--arg",
            "BLOCK=32");
    assertThat(status).isNotZero();
    assertThat(err.toString())
        .contains("CUDA_ERROR_ILLEGAL_ADDRESS")
        .contains("increment")
        .doesNotContain("\tat ");
    assertThat(driver.faults().getFirst()).contains("buffer");
  }

  @Test
  void aGpuThatIsNotThereIsAMessage(SimulatedDriver driver) {
    assertThat(Devices.byName("cuda").name()).isEqualTo("cuda");
    assertThat(kiln("run", "x.py:k", "--device", "cuda:7", "--grid", "1")).isNotZero();
    assertThat(err.toString()).isNotEmpty().doesNotContain("\tat ");
  }
}
