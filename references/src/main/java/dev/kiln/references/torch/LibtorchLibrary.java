package dev.kiln.references.torch;

import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.NativePreset;
import dev.kiln.references.blas.BlasThreads;
import dev.kiln.runtime.Device;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/** libtorch on the CPU: most operations, by its operators' fused forms where it has them. */
public final class LibtorchLibrary implements ReferenceLibrary {
  private static final NativePreset PRESET =
      new NativePreset(
          "libtorch",
          torch.class,
          "build the module references for this platform (-Djavacpp.platform=...)");

  private static final String VERSION = torch.class.getPackage().getImplementationVersion();

  private static final Map<String, TorchOperation> OPERATIONS = operations();

  private static Map<String, TorchOperation> operations() {
    Map<String, TorchOperation> all = new HashMap<>();
    for (var family :
        List.of(
            TorchProducts.ALL,
            TorchNorms.ALL,
            TorchAttention.ALL,
            TorchConvolutions.ALL,
            TorchElementwise.ALL,
            TorchLosses.ALL,
            TorchReductions.ALL,
            TorchOptimizers.ALL,
            TorchCells.ALL)) {
      all.putAll(family);
    }
    return Map.copyOf(all);
  }

  @Override
  public String name() {
    return "libtorch";
  }

  @Override
  public boolean isFor(Device device) {
    return device.name().equals("cpu");
  }

  @Override
  public Optional<String> unavailable() {
    return PRESET.problem();
  }

  @Override
  public String version() {
    return "%s, %d threads".formatted(VERSION, torch.get_num_threads());
  }

  @Override
  public Optional<ReferenceRun> prepare(CaseInputs inputs, Device device) {
    var asked = inputs.ofCase().operation();
    TorchOperation operation = OPERATIONS.get(asked.name());
    if (operation == null) {
      return Optional.empty();
    }
    // Attention calls OpenBLAS from each of libtorch's threads, where it is slow unless it keeps to
    // one.
    int blasThreads = asked.family() == Family.ATTENTION ? 1 : BlasThreads.usual();
    return Optional.of(new TorchRun(inputs, operation, blasThreads));
  }
}
