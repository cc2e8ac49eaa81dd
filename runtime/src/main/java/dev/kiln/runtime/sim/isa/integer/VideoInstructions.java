package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.isa.Decoder;
import java.util.Map;
import java.util.TreeMap;

/** Section 9.7.17: video instructions, one value or two or four side by side. */
public final class VideoInstructions {
  private VideoInstructions() {}

  public static Map<String, Decoder> decoders() {
    Map<String, Decoder> decoders = new TreeMap<>();
    for (VideoOperation operation : VideoOperation.values()) {
      String opcode = operation.opcode();
      if (operation != VideoOperation.AVRG) {
        decoders.put(opcode, context -> ScalarVideo.decode(context, operation));
      }
      if (operation != VideoOperation.SHL && operation != VideoOperation.SHR) {
        decoders.put(opcode + "2", context -> PackedVideo.decode(context, operation, 2));
        decoders.put(opcode + "4", context -> PackedVideo.decode(context, operation, 4));
      }
    }
    decoders.put("vmad", ScalarVideo::vmad);
    return decoders;
  }
}
