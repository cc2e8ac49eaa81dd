package dev.kiln.tests.cuda.driver;

import dev.kiln.tests.cuda.CudaTest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;

/** Tests of the stand-in itself, by a program on its first GPU; skipped on the real driver. */
@CudaTest
abstract class DriverFixture {
  SimulatedDriver driver;
  DriverProgram program;

  @BeforeEach
  void start(SimulatedDriver standIn) {
    Assumptions.assumeFalse(NativeDriver.isReal(), "about the stand-in");
    driver = standIn;
    program = new DriverProgram();
  }

  @AfterEach
  void end() {
    if (program != null) {
      program.close();
    }
  }
}
