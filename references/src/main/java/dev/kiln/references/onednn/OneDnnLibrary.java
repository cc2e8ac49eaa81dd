package dev.kiln.references.onednn;

import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.NativePreset;
import dev.kiln.runtime.Device;
import java.util.Optional;
import org.bytedeco.dnnl.global.dnnl;

/** oneDNN on the CPU. What it has no primitive for on this processor, it does not offer. */
public final class OneDnnLibrary implements ReferenceLibrary {
  private static final NativePreset PRESET =
      new NativePreset(
          "oneDNN",
          dnnl.class,
          "build the module references for this platform (-Djavacpp.platform=...)");

  @Override
  public String name() {
    return "onednn";
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
    var version = dnnl.dnnl_version();
    return "%d.%d.%d".formatted(version.major(), version.minor(), version.patch());
  }

  @Override
  public Optional<ReferenceRun> prepare(CaseInputs inputs, Device device) {
    OneDnnOperation operation = OneDnnOperation.BY_NAME.get(inputs.ofCase().operation().name());
    return operation == null ? Optional.empty() : OneDnnRun.of(inputs, operation);
  }
}
