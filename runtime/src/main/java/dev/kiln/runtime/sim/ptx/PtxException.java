package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.KilnException;
import java.util.List;
import java.util.stream.Collectors;

/** PTX that cannot be loaded; the message lists every diagnostic, a line each. */
public final class PtxException extends KilnException {
  private static final long serialVersionUID = 1L;

  private final transient List<PtxDiagnostic> diagnostics;

  public PtxException(List<PtxDiagnostic> diagnostics) {
    super(diagnostics.stream().map(PtxDiagnostic::toString).collect(Collectors.joining("\n")));
    this.diagnostics = List.copyOf(diagnostics);
  }

  public List<PtxDiagnostic> diagnostics() {
    return diagnostics;
  }
}
