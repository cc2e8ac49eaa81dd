package dev.kiln.kernels.launch;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;

/** A result that shares memory with what a kernel still reads is refused, and nothing else is. */
class CheckApartTest {
  private final NdArray whole = NdArray.zeros(Devices.cpu(), DType.FP32, 8, 6);

  @Test
  void theSameArrayIsRefused() {
    refused(whole, whole, "must not be 'x'");
    refused(whole, whole.permute(1, 0), "must not be 'x'");
    refused(whole.narrow(0, 0, 2), whole, "must not be 'x'");
  }

  @Test
  void rowsInCommonAreRefused() {
    refused(whole.narrow(0, 0, 4), whole.narrow(0, 3, 8), "must not overlap 'x'");
    refused(whole.narrow(0, 3, 8), whole.narrow(0, 0, 4), "must not overlap 'x'");
    refused(whole.narrow(0, 2, 3), whole, "must not overlap 'x'");
  }

  @Test
  void columnsInCommonAreRefused() {
    refused(whole.narrow(1, 0, 3), whole.narrow(1, 2, 6), "must not overlap 'x'");
    refused(whole.narrow(1, 2, 6).permute(1, 0), whole.narrow(1, 0, 3), "must not overlap 'x'");
  }

  @Test
  void anotherDTypeOfTheSameBytesIsRefused() {
    NdArray bytes = NdArray.over(whole.buffer(), DType.I8, 5, 8);
    refused(bytes, whole, "must not overlap 'x'");
    refused(whole, bytes, "must not overlap 'x'");
  }

  @Test
  void rowsApartAreTaken() {
    taken(whole.narrow(0, 0, 4), whole.narrow(0, 4, 8));
    taken(whole.narrow(0, 4, 8), whole.narrow(0, 0, 4));
  }

  @Test
  void halvesOfRowsAreTaken() {
    taken(whole.narrow(1, 0, 3), whole.narrow(1, 3, 6));
    taken(whole.narrow(1, 3, 6), whole.narrow(1, 0, 3).permute(1, 0));
    NdArray cube = whole.reshape(2, 4, 6);
    taken(cube.narrow(2, 0, 3), cube.narrow(2, 3, 6));
    taken(cube.narrow(1, 0, 1), cube.narrow(1, 1, 4));
  }

  @Test
  void emptyArraysAreTaken() {
    taken(whole.narrow(0, 2, 2), whole);
  }

  private static void refused(NdArray y, NdArray x, String rule) {
    assertThatThrownBy(() -> Check.apart("Copy", "y", y, "x", x))
        .isInstanceOf(KilnException.class)
        .hasMessage("Copy: argument 'y' " + rule);
  }

  private static void taken(NdArray y, NdArray x) {
    assertThatCode(() -> Check.apart("Copy", "y", y, "x", x)).doesNotThrowAnyException();
  }
}
