package dev.kiln.runtime.memory;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * Address space for a slab: reserved at once, backed by memory only where it is touched.
 *
 * <p>With native access it is an anonymous mapping. Without it ({@code --enable-native-access} not
 * given) it is a mapping of a deleted sparse file, in shared memory if there is room, which needs
 * no restricted method and so prints no warning.
 */
final class ReservedMemory {
  private static final long MIN_CAPACITY = 64L << 20;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final int MAP_NORESERVE = 0x4000;

  private ReservedMemory() {}

  /** Memory that is there for the whole life of the process. */
  static MemorySegment reserve(long bytes) {
    if (ReservedMemory.class.getModule().isNativeAccessEnabled() && isLinux()) {
      long address = InternalMemory.allocate(bytes);
      return address == 0 ? anonymousMapping(bytes) : segment(address, bytes);
    }
    return fileMapping(bytes);
  }

  /** Three quarters of the machine's memory. */
  static long defaultCapacity() {
    return Math.max(MIN_CAPACITY, MachineMemory.bytes() / 4 * 3);
  }

  @SuppressWarnings("restricted") // needs --enable-native-access, as the documentation says
  private static MemorySegment segment(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  private static boolean isLinux() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
  }

  @SuppressWarnings("restricted") // needs --enable-native-access, as the documentation says
  private static MemorySegment anonymousMapping(long bytes) {
    Linker linker = Linker.nativeLinker();
    var mmap =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mmap"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));
    try {
      long address =
          (long)
              mmap.invokeExact(
                  0L, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | MAP_NORESERVE, -1, 0L);
      if (address == -1) {
        throw new KilnException("cannot reserve " + bytes + " bytes of address space");
      }
      return segment(address, bytes);
    } catch (KilnException e) {
      throw e;
    } catch (Throwable t) {
      throw new KilnException("cannot reserve " + bytes + " bytes of address space", t);
    }
  }

  private static MemorySegment fileMapping(long bytes) {
    try {
      Path folder = roomierFolder();
      long capacity =
          Math.min(
              bytes, Math.max(MIN_CAPACITY, Files.getFileStore(folder).getUsableSpace() / 4 * 3));
      Path file = Files.createTempFile(folder, "kiln", ".slab");
      try (var channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.SPARSE,
              StandardOpenOption.DELETE_ON_CLOSE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, capacity, Arena.global());
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new KilnException("cannot map memory for the device: " + e.getMessage(), e);
    }
  }

  private static Path roomierFolder() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Path shared = Path.of("/dev/shm");
    return Files.isWritable(shared)
            && Files.getFileStore(shared).getUsableSpace() >= 16 * MIN_CAPACITY
        ? shared
        : temporary;
  }
}
