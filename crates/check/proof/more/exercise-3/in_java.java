// verdict: core
// In Java: MappedByteBuffer.force is msync, FileChannel.force is fsync.
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;

import sun.misc.Unsafe;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

class Main {
    static final int SLOT = 64;
    static int page;

    public static void main(String[] words) throws ReflectiveOperationException {
        Field field = Unsafe.class.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        page = ((Unsafe) field.get(null)).pageSize();
        try {
            if (words[0].equals("record")) record(words);
            else list(Path.of(words[1]));
        } catch (IOException | RuntimeException error) {
            System.err.println("error: " + words[1] + ": " + error);
            System.exit(1);
        }
    }

    static void record(String[] words) throws IOException {
        try (FileChannel file = FileChannel.open(Path.of(words[1]), READ, WRITE, CREATE)) {
            for (int i = 2; i < words.length; i++) {
                byte[] text = words[i].getBytes();
                long slot = free(file), size = file.size();
                if (slot * SLOT >= size) size = (size / page + 1) * page;
                MappedByteBuffer ledger = file.map(MapMode.READ_WRITE, 0, size);
                byte[] padded = java.util.Arrays.copyOf(text, SLOT);
                ledger.put((int) slot * SLOT, padded);
                ledger.force();
                file.force(true);
                System.out.println("durable " + slot);
            }
        }
    }

    static long free(FileChannel file) throws IOException {
        MappedByteBuffer ledger = file.map(MapMode.READ_ONLY, 0, file.size());
        int slot = 0;
        while (slot < ledger.capacity() / SLOT && ledger.get(slot * SLOT) != 0) slot++;
        return slot;
    }

    static void list(Path name) throws IOException {
        try (FileChannel file = FileChannel.open(name, READ)) {
            MappedByteBuffer ledger = file.map(MapMode.READ_ONLY, 0, file.size());
            for (int at = 0; at + SLOT <= ledger.capacity(); at += SLOT) {
                if (ledger.get(at) == 0) continue;
                int end = 0;
                while (end < SLOT && ledger.get(at + end) != 0) end++;
                byte[] text = new byte[end];
                ledger.get(at, text);
                System.out.write(text);
                System.out.println();
            }
        }
    }
}
