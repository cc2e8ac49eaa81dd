package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** The buffers for the compiler's messages that the options of a load name. */
final class JitLog {
  private final CallValues values;
  private String error = "";

  JitLog(CallValues values) {
    this.values = values;
  }

  /** Writes a message, as much of it as fits. */
  void error(String message) {
    error = message;
    finish();
  }

  /** Writes how much was written. */
  void finish() {
    write(CU_JIT_ERROR_LOG_BUFFER(), CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES(), error);
    write(CU_JIT_INFO_LOG_BUFFER(), CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES(), "");
  }

  private void write(int bufferOption, int sizeOption, String text) {
    int buffer = option(bufferOption);
    int size = option(sizeOption);
    if (buffer < 0 || size < 0) {
      return;
    }
    long room = values.at(5 + 2 * size) & 0xffff_ffffL;
    CallValues.putText(values.at(5 + 2 * buffer), room, text);
    long written = Math.min(room - 1, text.getBytes(StandardCharsets.UTF_8).length);
    CallValues.memory(values.at(3), values.at(2) * Long.BYTES)
        .setAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, size, written);
  }

  private int option(int wanted) {
    for (int i = 0; i < values.at(2); i++) {
      if (values.at(4 + 2 * i) == wanted) {
        return i;
      }
    }
    return -1;
  }
}
