package dev.kiln.ops.profile;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a call reads, the same for Kiln, for its definition and for every library.
 *
 * @param tensors by name, in the operation's order
 */
public record CaseInputs(OperationCase ofCase, Map<String, HostTensor> tensors) {
  public CaseInputs {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  public HostTensor get(String name) {
    HostTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          "%s has no input '%s'; it has %s".formatted(ofCase, name, tensors.keySet()));
    }
    return tensor;
  }

  /** The numbers of an input. Not a copy. */
  public double[] values(String name) {
    return get(name).values();
  }

  /** A size of the case. */
  public int size(String name) {
    return ofCase.size(name);
  }
}
