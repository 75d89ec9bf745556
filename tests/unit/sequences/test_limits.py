import pytest

from core.errors import InputError
from core.sequences.import_source import ImportSource
from core.sequences.limits import Limits
from core.settings import MB, Settings
from tests.support.uploads import one


class TestLimits:
    def test_are_those_of_the_settings(self, tmp_path):
        settings = Settings(
            home=tmp_path,
            max_file_mb=3,
            max_disk_file_mb=5,
            max_record_bases=2_000,
            max_records=1_500,
        )
        for limits, megabytes in ((Limits.of(settings), 3), (Limits.of_disk(settings), 5)):
            assert limits.max_bytes == megabytes * 1024**2
            assert (limits.max_record_bases, limits.max_records) == (2_000, 1_500)

    def test_what_is_too_large_is_told_another_way(self):
        with pytest.raises(InputError) as uploaded:
            one(b"A" * 1025**2, limits=Limits(max_bytes=MB))
        assert uploaded.value.message == "genes is larger than 1 MB."
        assert "GENEKIN_SOURCE_FOLDER" in uploaded.value.hint
        assert "python -m core" in uploaded.value.hint

    def test_what_is_too_large_on_disk_needs_another_setting(self, tmp_path):
        (tmp_path / "genes.fa").write_bytes(b"A" * 1025**2)
        settings = Settings(home=tmp_path, max_disk_file_mb=1)
        with pytest.raises(InputError, match="raise GENEKIN_MAX_DISK_FILE_MB"):
            ImportSource.from_path(tmp_path / "genes.fa", Limits.of_disk(settings))
