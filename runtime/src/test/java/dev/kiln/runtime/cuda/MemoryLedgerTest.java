package dev.kiln.runtime.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Device.MemoryUse;
import dev.kiln.runtime.cuda.MemoryLedger.Kind;
import org.junit.jupiter.api.Test;

class MemoryLedgerTest {
  private final MemoryLedger ledger = new MemoryLedger();

  @Test
  void theDevicesMemoryIsCountedAndItsPeak() {
    ledger.took(Kind.BUFFERS, 100);
    ledger.took(Kind.SCRATCH, 20);
    ledger.took(Kind.GRAPHS, 3);
    ledger.took(Kind.PINNED, 1000);
    ledger.gave(Kind.SCRATCH, 20);
    assertThat(ledger.use()).isEqualTo(new MemoryUse(103, 123));
  }

  @Test
  void whoHoldsHowMuchIsTold() {
    assertThat(ledger.describe()).isEqualTo("buffers 0 bytes in 0, 0 modules");
    ledger.took(Kind.SCRATCH, 3 << 20);
    ledger.took(Kind.PINNED, 1536);
    ledger.modules(1);
    assertThat(ledger.describe())
        .isEqualTo(
            "buffers 0 bytes in 0, scratch memory of launches 3.0 MiB in 1, pinned host memory"
                + " 1.5 KiB in 1, 1 module");
  }
}
