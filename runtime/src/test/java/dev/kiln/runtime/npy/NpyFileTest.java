package dev.kiln.runtime.npy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyFileTest {
  @TempDir private Path folder;

  /** A file as NumPy's documentation describes it. */
  private static byte[] file(int major, String header, byte... data) {
    byte[] text = (header + "\n").getBytes(StandardCharsets.US_ASCII);
    int prefix = major == 1 ? 10 : 12;
    byte[] bytes =
        Arrays.copyOf(
            new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, 0, (byte) text.length},
            prefix + text.length + data.length);
    System.arraycopy(text, 0, bytes, prefix, text.length);
    System.arraycopy(data, 0, bytes, prefix + text.length, data.length);
    return bytes;
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Path path = folder.resolve("a.npy");
    byte[] data = NdArray.encode(DType.FP16, new double[] {1, 2, 3, 4, 5, 6});
    NpyFile.write(path, new NpyArray(DType.FP16, new long[] {2, 3}, data));
    NpyArray read = NpyFile.read(path);
    assertThat(read.dtype()).isEqualTo(DType.FP16);
    assertThat(read.shape()).containsExactly(2, 3);
    assertThat(read.data()).containsExactly(data);
  }

  @Test
  void headersAreAlignedTo64Bytes() throws IOException {
    Path path = folder.resolve("a.npy");
    NpyFile.write(path, new NpyArray(DType.I8, new long[] {1}, new byte[] {7}));
    assertThat(Files.size(path) % 64).isEqualTo(1);
  }

  @Test
  void scalarsHaveAnEmptyShape() {
    NpyArray read =
        NpyFile.parse(
            file(1, "{'descr': '<i2', 'fortran_order': False, 'shape': (), }", (byte) 5, (byte) 0));
    assertThat(read.shape()).isEmpty();
    assertThat(NdArray.decode(DType.I16, read.data())).containsExactly(5);
  }

  @Test
  void bigEndianAndFortranOrderAreConverted() {
    NpyArray big =
        NpyFile.parse(
            file(
                2,
                "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }",
                (byte) 1,
                (byte) 0,
                (byte) 0,
                (byte) 2));
    assertThat(NdArray.decode(DType.I16, big.data())).containsExactly(256, 2);
    NpyArray fortran =
        NpyFile.parse(
            file(
                1,
                "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }",
                (byte) 1,
                (byte) 4,
                (byte) 2,
                (byte) 5,
                (byte) 3,
                (byte) 6));
    assertThat(NdArray.decode(DType.I8, fortran.data())).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void faultyFilesAreNamed() throws IOException {
    Path path = folder.resolve("bad.npy");
    Files.write(path, new byte[] {1, 2, 3});
    assertThatThrownBy(() -> NpyFile.read(path))
        .isInstanceOf(KilnException.class)
        .hasMessage(path + ": is no .npy file");
    assertThatThrownBy(
            () ->
                NpyFile.parse(
                    file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", (byte) 0)))
        .hasMessage("is cut short: 1 bytes of data, 12 wanted");
    assertThatThrownBy(
            () ->
                NpyFile.parse(file(1, "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }")))
        .hasMessage("holds dtype 'c8', which kernels do not have");
    assertThatThrownBy(() -> NpyFile.parse(Arrays.copyOf(file(1, "{'descr'"), 15)))
        .hasMessage("is cut short within its header");
    assertThatThrownBy(
            () ->
                NpyFile.parse(
                    file(
                        1,
                        "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,"
                            + " 8), }")))
        .hasMessage("has a shape beyond all memory");
    assertThatThrownBy(() -> NpyFile.read(folder.resolve("absent.npy")))
        .hasMessageContaining("no such file");
  }
}
