package dev.kiln.runtime.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.jvm.GeneratedClass;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CpuArtefactTest {
  private static final CpuArtefact ARTEFACT =
      new CpuArtefact(
          "softmax_\u00e9",
          new boolean[] {true, false, true},
          true,
          12_345,
          new GeneratedClass("dev.kiln.generated.softmax", new byte[] {1, 2, 3}, 4096));

  @Test
  void bytesGiveTheSameArtefact() {
    CpuArtefact read = CpuArtefact.decode(ARTEFACT.encode()).orElseThrow();
    assertThat(read.kernel()).isEqualTo(ARTEFACT.kernel());
    assertThat(read.pointers()).isEqualTo(ARTEFACT.pointers());
    assertThat(read.orderMatters()).isTrue();
    assertThat(read.programCost()).isEqualTo(12_345);
    assertThat(read.generated().name()).isEqualTo(ARTEFACT.generated().name());
    assertThat(read.generated().bytes()).isEqualTo(ARTEFACT.generated().bytes());
    assertThat(read.generated().scratchBytes()).isEqualTo(4096);
    assertThat(read.encode()).isEqualTo(ARTEFACT.encode());
  }

  @Test
  void otherVersionsAndLengthsAreNoArtefacts() {
    byte[] bytes = ARTEFACT.encode();
    byte[] newer = bytes.clone();
    newer[3]++;
    assertThat(CpuArtefact.decode(newer)).isEmpty();
    assertThat(CpuArtefact.decode(Arrays.copyOf(bytes, bytes.length + 1))).isEmpty();
    for (int length = 0; length < bytes.length; length++) {
      assertThat(CpuArtefact.decode(Arrays.copyOf(bytes, length))).as("%d", length).isEmpty();
    }
  }
}
